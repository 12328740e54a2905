import { useMemo } from 'react'

import { ShareBar } from '@/components/share-bar'
import type { Aggregate, GroupBy, SeriesRow } from '@/lib/api/types'
import { decimalsOf, isNothing, NOTHING, sumOf, type Sum } from '@/lib/cost'
import { formatPercent } from '@/lib/format'

import { explainPath } from '@/features/metering/explain-address'
import { filterOf } from './explain-filters'
import { ExplainLink } from '@/features/metering/explain-link'
import { MeasureText } from './measure-text'
import { measure, shareOf, type Metric } from './metric'

const SHOWN = 5

type RankingProps = { aggregate: Aggregate; metric: Metric; by: GroupBy }

export function Ranking({ aggregate, metric, by }: RankingProps) {
  const { series } = aggregate
  const leaders = useMemo(() => leadersOf(series, metric, by), [series, metric, by])
  const decimals = Math.max(0, ...leaders.map(({ sum }) => decimalsOf(sum)))
  return (
    <div className="min-w-0">
      <h3 className="text-xs font-medium text-ink-faint">Top {by === 'model' ? 'models' : 'providers'}</h3>
      {leaders.length === 0 && <p className="mt-2 text-ink-soft">No usage in this period.</p>}
      <ol className="mt-2 grid gap-3">
        {leaders.map(({ name, sum, percent }) => (
          <li key={name}>
            <div className="flex items-baseline justify-between gap-3">
              <span title={name} className="truncate font-medium text-ink">
                <ExplainLink to={pathOf(aggregate, by, name)}>{name}</ExplainLink>
              </span>
              <span className="shrink-0 text-ink-soft tabular-nums">
                <MeasureText sum={sum} metric={metric} decimals={decimals} />
              </span>
            </div>
            <div className="mt-1 flex items-center gap-2">
              <ShareBar percent={percent} className="flex-1" />
              <span className="w-12 text-end text-xs text-ink-faint tabular-nums">
                {sum.status === 'unknown' ? '–' : formatPercent(percent)}
              </span>
            </div>
          </li>
        ))}
      </ol>
    </div>
  )
}

function pathOf(aggregate: Aggregate, by: GroupBy, name: string): string | undefined {
  const filter = filterOf(by, name)
  return filter && explainPath(aggregate, filter)
}

type Leader = { name: string; sum: Sum; percent: number }

/** The largest models or providers; a tool is neither. What has an unknown cost comes last. */
function leadersOf(series: readonly SeriesRow[], metric: Metric, by: GroupBy): Leader[] {
  const sums = new Map<string, Sum>()
  for (const row of series) {
    if (row.category === 'llm') sums.set(row[by], sumOf([sums.get(row[by]) ?? NOTHING, measure(row, metric)]))
  }
  const total = sumOf(series.map((row) => measure(row, metric))).value
  const used = [...sums].filter(([, sum]) => !isNothing(sum))
  used.sort(([, a], [, b]) => Number(b.value - a.value))
  return used.slice(0, SHOWN).map(([name, sum]) => ({ name, sum, percent: shareOf(sum.value, total) }))
}
