// The figures of a margin, in a table.
import type { Column } from '@/components/data-table'
import { nanoUsdOf } from '@/lib/format'
import type { MarginSums } from '@/lib/api/types'

import { BoundedUsd } from './bounded-usd'
import { costBound, marginBound, missingFrom, revenueBound } from './margin'

export const SUM_COLUMNS: readonly Column<MarginSums>[] = [
  {
    key: 'revenue',
    header: 'Revenue',
    align: 'end',
    hideBelow: 'sm',
    cell: (sums) => (
      <>
        <BoundedUsd usd={sums.revenue_usd} bound={revenueBound(sums)} />
        {nanoUsdOf(sums.unpaid_usd) > 0n && (
          <span className="block text-xs text-ink-faint">
            <BoundedUsd usd={sums.unpaid_usd} /> unpaid
          </span>
        )}
      </>
    ),
  },
  {
    key: 'cost',
    header: 'Provider cost',
    align: 'end',
    hideBelow: 'sm',
    cell: (sums) => <BoundedUsd usd={sums.provider_cost_usd} bound={costBound(sums)} />,
  },
  {
    key: 'margin',
    header: 'Margin',
    align: 'end',
    cell: (sums) => <BoundedUsd usd={sums.margin_usd} bound={marginBound(sums)} />,
  },
]

/** What a row leaves out, below its name. */
export function MissingNote({ sums }: { sums: MarginSums }) {
  const missing = missingFrom(sums)
  if (missing === null) return null
  return <span className="block text-xs font-normal text-warn-text">{missing}</span>
}
