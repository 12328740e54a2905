import { cx } from './cx'

/** A share of a whole, drawn; the percentage stands beside it. */
export function ShareBar({ percent, className }: { percent: number; className: string }) {
  return (
    <span
      aria-hidden
      className={cx('block h-1.5 overflow-hidden rounded-full bg-sunken forced-colors:border', className)}
    >
      <span
        className="block h-full rounded-full bg-accent forced-color-adjust-none"
        style={{ width: `${percent}%` }}
      />
    </span>
  )
}
