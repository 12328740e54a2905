import { useMemo } from 'react'

import type { Aggregate } from '@/lib/api/types'
import { formatPercent } from '@/lib/format'

import { formatMeasure, measureRow, shareOf, type Metric } from './metric'

const SHOWN = 5

type RankingProps = { aggregate: Aggregate; metric: Metric; by: 'model' | 'provider' }

export function Ranking({ aggregate, metric, by }: RankingProps) {
  const rows = by === 'model' ? aggregate.by_model : aggregate.by_provider
  const leaders = useMemo(() => leadersOf(rows, metric), [rows, metric])
  return (
    <div className="min-w-0">
      <h3 className="text-xs font-medium text-ink-faint">Top {by === 'model' ? 'models' : 'providers'}</h3>
      {leaders.length === 0 && <p className="mt-2 text-ink-soft">No usage in this period.</p>}
      <ol className="mt-2 grid gap-3">
        {leaders.map(({ name, value, percent }) => (
          <li key={name}>
            <div className="flex items-baseline justify-between gap-3">
              <span title={name} className="truncate font-medium text-ink">
                {name}
              </span>
              <span className="shrink-0 text-ink-soft tabular-nums">{formatMeasure(value, metric)}</span>
            </div>
            <div className="mt-1 flex items-center gap-2">
              <div aria-hidden className="h-1.5 flex-1 overflow-hidden rounded-full bg-sunken">
                <div className="h-full rounded-full bg-accent" style={{ width: `${percent}%` }} />
              </div>
              <span className="w-12 text-end text-xs text-ink-faint tabular-nums">
                {formatPercent(percent)}
              </span>
            </div>
          </li>
        ))}
      </ol>
    </div>
  )
}

type Leader = { name: string; value: bigint; percent: number }

function leadersOf(rows: Aggregate['by_model'], metric: Metric): Leader[] {
  const ranked = Object.entries(rows).map(([name, row]) => ({ name, value: measureRow(row, metric) }))
  const total = ranked.reduce((sum, { value }) => sum + value, 0n)
  const used = ranked.filter(({ value }) => value > 0n)
  used.sort((a, b) => (a.value < b.value ? 1 : Number(a.value > b.value) * -1))
  return used.slice(0, SHOWN).map((leader) => ({ ...leader, percent: shareOf(leader.value, total) }))
}
