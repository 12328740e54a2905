// Decorative without a label; with one, announced as a status.
import { cx } from './cx'

export function Spinner({ label, className }: { label?: string | undefined; className?: string }) {
  return (
    <span
      role={label === undefined ? undefined : 'status'}
      className={cx('inline-flex items-center gap-2', className)}
    >
      <svg
        aria-hidden
        viewBox="0 0 16 16"
        className="size-4 shrink-0 animate-spin"
        fill="none"
        strokeWidth="2"
      >
        <circle cx="8" cy="8" r="6.5" stroke="currentColor" opacity="0.25" />
        <path d="M8 1.5A6.5 6.5 0 0 1 14.5 8" stroke="currentColor" strokeLinecap="round" />
      </svg>
      {label !== undefined && <span className="sr-only">{label}</span>}
    </span>
  )
}
