import { useMemo, type ReactNode } from 'react'

import { Card } from '@/components/card'
import { CostText } from '@/components/cost-text'
import { ShareBar } from '@/components/share-bar'
import { DataTable, type Column } from '@/components/data-table'
import { Segmented } from '@/components/segmented'
import { Select } from '@/components/select'
import type { Aggregate, Usage } from '@/lib/api/types'
import { leftOutOf } from '@/lib/cost'
import { formatInteger, formatPercent } from '@/lib/format'

import { linesByModel, linesByProvider, type BreakdownLine } from './breakdown-rows'
import { explainPath } from '@/features/metering/explain-address'
import { groupOptions, isNameGroup, useGroup } from './group'
import { useCostFilter } from './left-out'
import { NamesCard } from './names-card'
import { Name, NameAtProvider } from './series-name'

const FILTERS = [
  { value: 'all', label: 'All costs' },
  { value: 'incomplete', label: 'Not fully priced' },
] as const

/** Models and providers, whose rows lead to their events, or users, workflows, API keys and tags. */
export function BreakdownCard({ usage }: { usage: Usage }) {
  const { aggregate } = usage
  const [by, setBy] = useGroup('by', 'model')
  const chooser = (
    <Select
      aria-label="Break down by"
      options={groupOptions(usage.tag_names, by)}
      value={by}
      onChange={({ target }) => setBy(target.value)}
    />
  )
  if (isNameGroup(by)) return <NamesCard key={by} aggregate={aggregate} by={by} chooser={chooser} />
  return <SeriesCard aggregate={aggregate} view={by} chooser={chooser} />
}

type SeriesCardProps = { aggregate: Aggregate; view: 'model' | 'provider'; chooser: ReactNode }

function SeriesCard({ aggregate, view, chooser }: SeriesCardProps) {
  const { series } = aggregate
  const isComplete = aggregate.cost_status === 'complete'
  const [filter, setFilter] = useCostFilter()
  const lines = useMemo(
    () => (view === 'model' ? linesByModel(series) : linesByProvider(series)),
    [view, series],
  )
  const isFiltered = filter === 'incomplete'
  const figures = isFiltered ? LEFT_OUT : FIGURES
  return (
    <Card
      title="Breakdown"
      description={
        isFiltered
          ? 'Only costs that leave calls out.'
          : 'By model and provider. Select a row to see its events.'
      }
      actions={
        <>
          {(isFiltered || !isComplete) && (
            <Segmented label="Show" size="sm" options={FILTERS} value={filter} onChange={setFilter} />
          )}
          {chooser}
        </>
      }
      flush
    >
      <DataTable
        key={`${view} ${filter}`}
        caption={view === 'model' ? 'Usage by model and provider' : 'Usage by provider'}
        columns={[...(view === 'model' ? MODEL_NAMES : [PROVIDER]), ...figures]}
        rows={isFiltered ? lines.filter(({ cost }) => cost.status !== 'complete') : lines}
        rowKey={(line) => line.key}
        href={({ provider, model }) => explainPath(aggregate, { provider, model: model ?? undefined })}
        initialSort={{ key: isFiltered ? 'calls' : 'cost', descending: true }}
        empty={
          <p className="px-5 pb-5 text-ink-soft">
            {isFiltered ? 'No cost in this period leaves calls out.' : 'No usage in this period.'}
          </p>
        }
      />
    </Card>
  )
}

const PROVIDER: Column<BreakdownLine> = {
  key: 'provider',
  header: 'Provider',
  cell: (line) => <Name text={line.provider} />,
  sortValue: (line) => line.provider,
}

const MODEL: Column<BreakdownLine> = {
  key: 'model',
  header: 'Model',
  cell: (line) => <NameAtProvider name={line.model ?? ''} provider={line.provider} />,
  sortValue: (line) => line.model,
}

const MODEL_NAMES: Column<BreakdownLine>[] = [MODEL, { ...PROVIDER, hideBelow: 'sm' }]

const CALLS = count('calls', 'Calls', (line) => line.calls)

const COST: Column<BreakdownLine> = {
  key: 'cost',
  header: 'Cost',
  align: 'end',
  cost: (line) => line.cost,
  cell: (line, decimals) => <CostText cost={line.cost} decimals={decimals} />,
  sortValue: knownCost,
}

const FIGURES: Column<BreakdownLine>[] = [
  { ...CALLS, hideBelow: 'sm' },
  { ...count('input', 'Tokens in', (line) => line.inputTokens), hideBelow: 'md' },
  { ...count('output', 'Tokens out', (line) => line.outputTokens), hideBelow: 'md' },
  count('tokens', 'Tokens', (line) => line.totalTokens),
  { ...count('errors', 'Errors', (line) => line.errors), hideBelow: 'md' },
  COST,
  {
    key: 'share',
    header: 'Share of cost',
    align: 'end',
    hideBelow: 'sm',
    cell: (line) => <Share line={line} />,
    sortValue: knownCost,
  },
]

/** On a phone the calls stand below the cost that leaves them out. */
const LEFT_OUT: Column<BreakdownLine>[] = [
  { ...CALLS, hideBelow: 'sm' },
  { ...count('unpriced', 'Unpriced', (line) => line.unpriced_calls), hideBelow: 'sm' },
  { ...count('incomplete', 'Incomplete', (line) => line.incomplete_calls), hideBelow: 'sm' },
  { ...count('tokens', 'Tokens', (line) => line.totalTokens), hideBelow: 'md' },
  {
    ...COST,
    cell: (line, decimals) => (
      <>
        <CostText cost={line.cost} decimals={decimals} />
        <span className="block text-xs text-ink-faint sm:hidden">{leftOutOf(line)}</span>
      </>
    ),
  },
]

function count(key: string, header: string, of: (line: BreakdownLine) => number): Column<BreakdownLine> {
  return { key, header, align: 'end', cell: (line) => formatInteger(of(line)), sortValue: of }
}

/** An unknown cost is neither large nor small, so it comes last in either direction. */
function knownCost({ cost }: BreakdownLine): bigint | null {
  return cost.status === 'unknown' ? null : cost.value
}

function Share({ line: { cost, costPercent } }: { line: BreakdownLine }) {
  return (
    <span className="inline-flex items-center justify-end gap-2">
      <ShareBar percent={costPercent} className="w-16 max-sm:hidden" />
      <span className="w-12">{cost.status === 'unknown' ? '–' : formatPercent(costPercent)}</span>
    </span>
  )
}
