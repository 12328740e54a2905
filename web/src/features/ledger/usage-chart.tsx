// Usage over time as a chart, a sentence and a table. Daily totals come with usage; the rest is fetched on demand.
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useSearchParams } from 'react-router'

import { Button } from '@/components/button'
import { ErrorState } from '@/components/error-state'
import { Skeleton } from '@/components/skeleton'
import { seriesQuery, topQuery } from '@/lib/api/queries'
import type { Comparison, Top, Usage } from '@/lib/api/types'
import { formatTime } from '@/lib/format'

import { ChartLegend, LineKeys } from './chart-legend'
import { daysBefore, NO_DAYS, type DaysBefore } from './days-before'
import { linksOf, withHours } from './chart-links'
import { pointsOf, pointsOfDays, requestOf, spanOf, type ChartView } from './chart-request'
import { chartOf, type Chart } from './chart-rows'
import { ChartTable } from './chart-table'
import { chartSentence } from './chart-text'

const UsagePlot = lazy(async () => ({ default: (await import('./usage-plot')).UsagePlot }))

const KEYS = '100'

type UsageChartProps = {
  usage: Usage
  isCurrent: boolean
  view: ChartView
  comparison?: Comparison | undefined
}

export function UsageChart(props: UsageChartProps) {
  const { usage, isCurrent, view, comparison } = props
  const request = requestOf(usage, isCurrent, view)
  const isAtHand = request === null
  const { isCut, ...span } = spanOf(usage, isCurrent, view)
  const series = useQuery({
    ...seriesQuery(usage.tenant.id, request ?? span),
    enabled: !isAtHand,
  })
  const top = useQuery({
    ...topQuery(usage.tenant.id, { group_by: 'key', from: span.from, to: span.to, limit: KEYS }),
    enabled: view.group === 'key',
  })
  const { daily } = usage
  const { from, to } = span
  const points = useMemo(() => {
    if (isAtHand) return pointsOfDays({ daily, from, to }, view.metric)
    return series.data ? pointsOf(series.data, view, labelsOf(top.data)) : null
  }, [isAtHand, daily, from, to, series.data, top.data, view])
  const chart = useMemo(() => points && chartOf(points), [points])
  const before = useMemo(
    () =>
      view.group === 'none' && view.granularity === 'day' ? daysBefore(comparison, view.metric) : NO_DAYS,
    [comparison, view],
  )
  if (chart) {
    return (
      <div className="min-w-0">
        <ShownChart
          chart={chart}
          before={before}
          view={{ ...view, granularity: span.granularity }}
          zone={span.tz}
          usage={usage}
          isCut={isCut}
        />
        {!isAtHand && (
          <AsOf
            at={series.dataUpdatedAt}
            isCut={isCut}
            busy={series.isFetching}
            onRenew={() => void series.refetch()}
          />
        )}
      </div>
    )
  }
  if (!series.error) return <Skeleton className="h-72 w-full" />
  return <ErrorState title="Could not load the chart" query={series} />
}

/** Keys are shown by their labels, which only the list of the largest has. */
function labelsOf(top: Top | undefined): ReadonlyMap<string, string> {
  return new Map(top?.names.flatMap(({ name, label }) => (name && label ? [[name, label]] : [])))
}

type ShownChartProps = {
  chart: Chart
  before: DaysBefore
  view: ChartView
  zone: string
  usage: Usage
  isCut: boolean
}

function ShownChart({ chart, before, view, zone, usage, isCut }: ShownChartProps) {
  const { granularity, metric } = view
  const [search] = useSearchParams()
  const links = withHours(linksOf(chart, { usage, group: view.group, isCut }), view, search)
  const [asTable, setAsTable] = useState(false)
  return (
    <figure className="min-w-0">
      {asTable ? (
        <ChartTable
          chart={chart}
          before={before}
          granularity={granularity}
          metric={metric}
          zone={zone}
          links={links}
        />
      ) : (
        <div aria-hidden className="h-60">
          <Suspense fallback={<Skeleton className="h-full w-full" />}>
            <UsagePlot
              chart={chart}
              before={before}
              granularity={granularity}
              metric={metric}
              zone={zone}
              links={links}
            />
          </Suspense>
        </div>
      )}
      {!asTable && <ChartLegend layers={chart.layers} links={links} />}
      {!asTable && granularity === 'day' && view.group === 'none' && (
        // Its place is kept while the period before is read.
        <div className={before.size > 0 ? undefined : 'invisible'}>
          <LineKeys />
        </div>
      )}
      <figcaption className="mt-2 flex flex-wrap items-center justify-between gap-x-4 gap-y-1 text-xs text-ink-faint">
        <span className="tabular-nums wrap-anywhere">{chartSentence(chart, granularity, metric)}</span>
        <Button size="sm" variant="ghost" onClick={() => setAsTable(!asTable)}>
          {asTable ? 'Show as chart' : 'Show as table'}
        </Button>
      </figcaption>
    </figure>
  )
}

type AsOfProps = { at: number; isCut: boolean; busy: boolean; onRenew: () => void }

/** Fetched series do not update live, because every event would refetch them. */
function AsOf({ at, isCut, busy, onRenew }: AsOfProps) {
  return (
    <p className="mt-1 flex flex-wrap items-center gap-x-2 text-xs text-ink-faint">
      {isCut && <span>Showing the last 31 days by hour.</span>}
      <span className="tabular-nums">Updated at {formatTime(at)}.</span>
      <Button size="sm" variant="ghost" onClick={onRenew} loading={busy}>
        Refresh
      </Button>
    </p>
  )
}
