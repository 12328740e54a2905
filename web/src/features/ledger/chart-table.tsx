import { DataTable, type Column } from '@/components/data-table'
import type { Granularity } from '@/lib/api/types'

import { isNothing, NOTHING, type Sum } from '@/lib/cost'

import type { ChartLinks } from './chart-links'
import { sumOfStep, type Chart, type Layer, type Step } from './chart-rows'
import { stepName } from './chart-text'
import { ExplainLink } from '@/features/metering/explain-link'
import { MeasureText } from './measure-text'
import type { DaysBefore } from './days-before'
import type { Metric } from './metric'

type ChartTableProps = {
  chart: Chart
  before: DaysBefore
  granularity: Granularity
  metric: Metric
  zone: string
  links: ChartLinks
}

/** A row leads to the events of its step, the figure of a name to those of the name. */
export function ChartTable(props: ChartTableProps) {
  const { chart, before, granularity, links } = props
  return (
    <DataTable
      caption={`Usage by ${granularity}`}
      columns={columnsOf(props)}
      rows={chart.steps.filter((step) => !isNothing(sumOfStep(step)) || !isNothing(previousOf(step, before)))}
      rowKey={(step) => step.label}
      href={(step) => links.ofStep(step)}
      initialSort={{ key: 'start', descending: true }}
      empty={<p className="py-8 text-ink-soft">No usage in this period.</p>}
    />
  )
}

function previousOf({ label }: Step, before: DaysBefore): Sum {
  return before.get(label)?.sum ?? NOTHING
}

function columnsOf(props: ChartTableProps): Column<Step>[] {
  const { chart, before, granularity, metric, zone, links } = props
  const { layers } = chart
  const start: Column<Step> = {
    key: 'start',
    header: `${granularity === 'day' ? 'Day' : 'Hour'} (${zone})`,
    cell: (step) => <span className="whitespace-nowrap">{stepName(step.label, granularity)}</span>,
    sortValue: (step) => step.label,
  }
  const sumOfLayer = (index: number) => (step: Step) => step.sums[index] ?? NOTHING
  const [only] = layers
  if (only && layers.length === 1) {
    const shown = [start, figure('0', only.label, sumOfLayer(0), metric)]
    return before.size > 0
      ? [...shown, figure('before', 'Previous period', (step) => previousOf(step, before), metric)]
      : shown
  }
  const figures = layers.map((layer, index) =>
    linked(figure(`${index}`, layer.label, sumOfLayer(index), metric), layer, links),
  )
  return [start, figure('sum', 'All', sumOfStep, metric), ...figures]
}

/** A column whose figures lead to the events of one name. */
function linked(column: Column<Step>, layer: Layer, links: ChartLinks): Column<Step> {
  return {
    ...column,
    cell: (step, decimals) => (
      <ExplainLink to={links.ofStep(step, layer)}>{column.cell(step, decimals)}</ExplainLink>
    ),
  }
}

function figure(key: string, header: string, of: (step: Step) => Sum, metric: Metric): Column<Step> {
  return {
    key,
    header,
    align: 'end',
    ...(metric === 'cost' && { cost: of }),
    cell: (step, decimals) => <MeasureText sum={of(step)} metric={metric} decimals={decimals} />,
    sortValue: (step) => of(step).value,
  }
}
