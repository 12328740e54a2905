import { DataTable, type Column } from '@/components/data-table'
import type { Granularity } from '@/lib/api/types'

import { isNothing, NOTHING, type Sum } from '@/lib/cost'

import { sumOfStep, type Chart, type Step } from './chart-rows'
import { stepName } from './chart-text'
import { MeasureText } from './measure-text'
import type { Metric } from './metric'

export function ChartTable({
  chart,
  granularity,
  metric,
  zone,
}: {
  chart: Chart
  granularity: Granularity
  metric: Metric
  zone: string
}) {
  return (
    <DataTable
      caption={`Usage by ${granularity}`}
      columns={columnsOf(chart, granularity, metric, zone)}
      rows={chart.steps.filter((step) => !isNothing(sumOfStep(step)))}
      rowKey={(step) => step.label}
      initialSort={{ key: 'start', descending: true }}
      empty={<p className="py-8 text-ink-soft">No usage in this period.</p>}
    />
  )
}

function columnsOf(
  { layers }: Chart,
  granularity: Granularity,
  metric: Metric,
  zone: string,
): Column<Step>[] {
  const start: Column<Step> = {
    key: 'start',
    header: `${granularity === 'day' ? 'Day' : 'Hour'} (${zone})`,
    cell: (step) => <span className="whitespace-nowrap">{stepName(step.label, granularity)}</span>,
    sortValue: (step) => step.label,
  }
  const figures = layers.map(({ label }, index) =>
    figure(`${index}`, label, (step) => step.sums[index] ?? NOTHING, metric),
  )
  const all = layers.length > 1 ? [figure('sum', 'All', sumOfStep, metric)] : []
  return [start, ...all, ...figures]
}

function figure(key: string, header: string, of: (step: Step) => Sum, metric: Metric): Column<Step> {
  return {
    key,
    header,
    align: 'end',
    cell: (step) => <MeasureText sum={of(step)} metric={metric} />,
    sortValue: (step) => of(step).value,
  }
}
