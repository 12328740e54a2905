// One labeled figure. Its height is the same while it loads.
import type { ReactNode } from 'react'

import { Skeleton } from './skeleton'

type StatProps = {
  label: string
  /** The figure; leave it undefined while it loads. */
  value: ReactNode
  /** The exact figure, where `value` is shortened. */
  title?: string | undefined
  hint?: ReactNode
  /** How the figure has changed. */
  change?: ReactNode
}

/** Put several into a `<dl>` (see StatList). */
export function Stat({ label, value, title, hint, change }: StatProps) {
  return (
    <div className="min-w-0">
      <dt className="truncate text-xs font-medium text-ink-faint">{label}</dt>
      <dd title={title} className="mt-0.5 truncate text-figure text-ink">
        {value === undefined ? <Skeleton className="h-8 w-24" /> : value}
      </dd>
      {change !== undefined && (
        <dd className="truncate text-xs font-medium text-ink-soft tabular-nums">{change}</dd>
      )}
      {hint !== undefined && <dd className="truncate text-xs text-ink-faint tabular-nums">{hint}</dd>}
    </div>
  )
}

export function StatList({ children }: { children: ReactNode }) {
  return (
    <dl className="grid grid-cols-2 gap-x-5 gap-y-4 sm:grid-cols-3 xl:grid-cols-[repeat(auto-fit,minmax(8rem,1fr))]">
      {children}
    </dl>
  )
}
