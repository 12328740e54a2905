export function Logo() {
  return (
    <span className="inline-flex items-center gap-2 font-semibold tracking-tight text-ink">
      <svg aria-hidden viewBox="0 0 32 32" className="size-7 shrink-0">
        <rect width="32" height="32" rx="8" className="fill-accent" />
        <g className="fill-on-accent">
          <rect x="7" y="17" width="4.5" height="8" rx="1.5" opacity="0.65" />
          <rect x="13.75" y="12" width="4.5" height="13" rx="1.5" opacity="0.85" />
          <rect x="20.5" y="7" width="4.5" height="18" rx="1.5" />
        </g>
      </svg>
      <span className="whitespace-nowrap">GWI Usage</span>
    </span>
  )
}
