// A placeholder of the final size, so nothing shifts when content arrives.
import { cx } from './cx'

/** Give width and height by classes, such as "h-8 w-32". */
export function Skeleton({ className }: { className: string }) {
  return (
    <span
      aria-hidden
      className={cx('block animate-pulse rounded-md bg-sunken forced-colors:border', className)}
    />
  )
}
