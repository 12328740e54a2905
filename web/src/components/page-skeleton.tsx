import { cx } from './cx'
import { Skeleton } from './skeleton'

export function PageSkeleton({ label }: { label: string }) {
  return (
    <div className="grid gap-5">
      <p role="status" className="sr-only">
        {label}
      </p>
      <Skeleton className="h-8 w-44" />
      <div className="grid gap-4 sm:grid-cols-3">
        <Blank className="h-28" />
        <Blank className="h-28" />
        <Blank className="h-28" />
      </div>
      <Blank className="h-96" />
    </div>
  )
}

function Blank({ className }: { className: string }) {
  return (
    <div
      className={cx(
        'grid content-between rounded-xl border border-line bg-surface p-5 shadow-card',
        className,
      )}
    >
      <Skeleton className="h-4 w-24" />
      <Skeleton className="h-8 w-40 max-w-full" />
    </div>
  )
}
