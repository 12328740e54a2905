// Holds the place of something that is on its way, at the size that it will have, so that nothing shifts.
import { cx } from './cx'

/** Give width and height by classes, such as "h-8 w-32". */
export function Skeleton({ className }: { className: string }) {
  return <span aria-hidden className={cx('block animate-pulse rounded-md bg-sunken', className)} />
}
