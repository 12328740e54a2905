import { CopyButton } from './copy-button'

type CodeBlockProps = {
  code: string
  /** Accessible name, also announced when copied. */
  label: string
  /** Breaks long lines instead of scrolling: for keys. */
  wrap?: boolean
}

export function CodeBlock({ code, label, wrap = false }: CodeBlockProps) {
  return (
    <div className="min-w-0 overflow-hidden rounded-lg border border-line bg-sunken text-start">
      <div className="flex items-center justify-between gap-3 border-b border-line py-1.5 ps-3 pe-1.5">
        <span className="truncate text-xs font-medium text-ink-soft">{label}</span>
        <CopyButton text={code} what={label} variant="ghost" />
      </div>
      <pre
        tabIndex={0}
        role="region"
        aria-label={label}
        className="overflow-x-auto p-3 font-mono text-xs leading-relaxed text-ink -outline-offset-2"
      >
        <code className={wrap ? 'break-all whitespace-pre-wrap' : undefined}>{code}</code>
      </pre>
    </div>
  )
}
