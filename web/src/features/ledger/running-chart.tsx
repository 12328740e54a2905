// The running total as a chart, a sentence and a table.
import { lazy, Suspense, useMemo, useState } from 'react'

import { Button } from '@/components/button'
import { DataTable, type Column } from '@/components/data-table'
import { Skeleton } from '@/components/skeleton'
import type { Comparison, Usage } from '@/lib/api/types'
import type { Sum } from '@/lib/cost'
import { capitalized, formatInteger, formatUsdExact, decimalUsdOf } from '@/lib/format'

import { LineKeys } from './chart-legend'
import { stepName } from './chart-text'
import { MeasureText } from './measure-text'
import { formatMeasure, type Metric } from './metric'
import { runningOf, type Running, type RunningDay } from './running-rows'

const RunningPlot = lazy(async () => ({ default: (await import('./running-plot')).RunningPlot }))

type RunningChartProps = { usage: Usage; comparison: Comparison | undefined; metric: Metric }

export function RunningChart({ usage, comparison, metric }: RunningChartProps) {
  const [asTable, setAsTable] = useState(false)
  const running = useMemo(
    () => comparison && runningOf(comparison, usage, metric),
    [comparison, usage, metric],
  )
  if (!running) return <Skeleton className="h-72 w-full" />
  return (
    <figure className="min-w-0">
      {asTable ? (
        <DataTable
          caption="Running total by day"
          columns={columnsOf(metric)}
          rows={running.days}
          rowKey={({ label }) => label}
        />
      ) : (
        <>
          <div aria-hidden className="h-60">
            <Suspense fallback={<Skeleton className="h-full w-full" />}>
              <RunningPlot running={running} metric={metric} zone={usage.tenant.time_zone} />
            </Suspense>
          </div>
          <LineKeys hasForecast={running.atEnd !== null} />
        </>
      )}
      <figcaption className="mt-2 flex flex-wrap items-center justify-between gap-x-4 gap-y-1 text-xs text-ink-faint">
        <span className="tabular-nums wrap-anywhere">{sentence(running, metric)}</span>
        <Button size="sm" variant="ghost" onClick={() => setAsTable(!asTable)}>
          {asTable ? 'Show as chart' : 'Show as table'}
        </Button>
      </figcaption>
    </figure>
  )
}

/** Text alternative of the chart. */
function sentence({ days, lines, atEnd }: Running, metric: Metric): string {
  const now = days.findLast(({ sum }) => sum !== null)?.sum
  const said = now ? [`${capitalized(formatMeasure(now, metric))} so far.`] : []
  if (atEnd) said.push(`Forecast at the end: ${formatMeasure(atEnd, metric)}.`)
  for (const { label, value } of lines) {
    said.push(`${label}: ${metric === 'cost' ? formatUsdExact(decimalUsdOf(value)) : formatInteger(value)}.`)
  }
  return said.join(' ')
}

function columnsOf(metric: Metric): Column<RunningDay>[] {
  const figure = (key: 'sum' | 'before', header: string): Column<RunningDay> => ({
    key,
    header,
    align: 'end',
    cell: (day) => <Total sum={day[key]} metric={metric} />,
  })
  return [
    { key: 'day', header: 'Day', cell: ({ label }) => stepName(label, 'day') },
    figure('sum', 'Total'),
    figure('before', 'Previous period'),
  ]
}

function Total({ sum, metric }: { sum: Sum | null; metric: Metric }) {
  return sum ? <MeasureText sum={sum} metric={metric} /> : '–'
}
