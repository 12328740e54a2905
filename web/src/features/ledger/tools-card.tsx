import { Card } from '@/components/card'
import { CostText } from '@/components/cost-text'
import { DataTable, type Column } from '@/components/data-table'
import type { Aggregate, SeriesRow } from '@/lib/api/types'
import { costOf, isNothing } from '@/lib/cost'
import { formatDuration, formatInteger } from '@/lib/format'

import { explainPath } from '@/features/metering/explain-address'
import { useCostFilter } from './left-out'
import { Name, NameAtProvider } from './series-name'

/** Tools, and usage without a call of a model or tool, such as storage and failed runs. */
export function ToolsCard({ aggregate }: { aggregate: Aggregate }) {
  const [filter] = useCostFilter()
  const rows = aggregate.series.filter(({ category }) => category !== 'llm')
  const shown = filter === 'all' ? rows : rows.filter((row) => row.cost_status !== 'complete')
  if (shown.length === 0) return null
  const hasOther = shown.some(({ category }) => category === 'other')
  const title = hasOther ? 'Tools and other usage' : 'Tools'
  return (
    <Card title={title} flush>
      <DataTable
        caption={hasOther ? 'Usage of tools and others' : 'Usage of tools'}
        columns={columnsOf(shown)}
        rows={shown}
        rowKey={({ provider, model }) => JSON.stringify([provider, model])}
        href={({ provider, model }) => explainPath(aggregate, { provider, model })}
        initialSort={{ key: 'calls', descending: true }}
      />
    </Card>
  )
}

/** Few tools have tokens or a cost, so these columns stand only where one has. */
function columnsOf(rows: readonly SeriesRow[]): Column<SeriesRow>[] {
  const hasTokens = rows.some(({ tokens }) => tokens.total > 0)
  const hasCost = rows.some((row) => !isNothing(costOf(row)))
  return [...NAMES, ...FIGURES, ...(hasTokens ? [TOKENS] : []), ...(hasCost ? [COST] : [])]
}

const NAMES: Column<SeriesRow>[] = [
  {
    key: 'tool',
    header: 'Tool',
    cell: ({ model, provider }) => <NameAtProvider name={model} provider={provider} />,
    sortValue: ({ model }) => model,
  },
  {
    key: 'provider',
    header: 'Provider',
    hideBelow: 'sm',
    cell: ({ provider }) => <Name text={provider} />,
    sortValue: ({ provider }) => provider,
  },
]

const FIGURES: Column<SeriesRow>[] = [
  {
    key: 'calls',
    header: 'Calls',
    align: 'end',
    cell: ({ tool_calls }) => (tool_calls > 0 ? formatInteger(tool_calls) : '–'),
    sortValue: ({ tool_calls }) => tool_calls,
  },
  {
    key: 'errors',
    header: 'Errors',
    align: 'end',
    hideBelow: 'sm',
    cell: ({ errors }) => formatInteger(errors),
    sortValue: ({ errors }) => errors,
  },
  {
    key: 'latency',
    header: 'Avg. latency',
    align: 'end',
    cell: (row) => <Latency latency_ms={averageLatency(row)} />,
    sortValue: averageLatency,
  },
]

const TOKENS: Column<SeriesRow> = {
  key: 'tokens',
  header: 'Tokens',
  align: 'end',
  hideBelow: 'md',
  cell: ({ tokens }) => formatInteger(tokens.total),
  sortValue: ({ tokens }) => tokens.total,
}

const COST: Column<SeriesRow> = {
  key: 'cost',
  header: 'Cost',
  align: 'end',
  cost: costOf,
  cell: (row, decimals) => <CostText cost={costOf(row)} decimals={decimals} />,
  sortValue: (row) => costOf(row).value,
}

function Latency({ latency_ms }: { latency_ms: number | null }) {
  return <span className="whitespace-nowrap">{latency_ms === null ? '–' : formatDuration(latency_ms)}</span>
}

/** Null without a call that it could be an average of. */
function averageLatency({ latency_ms, tool_calls }: SeriesRow): number | null {
  return tool_calls > 0 && latency_ms > 0 ? latency_ms / tool_calls : null
}
