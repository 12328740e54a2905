import { useMemo, useState } from 'react'

import { Card } from '@/components/card'
import { DataTable, type Column } from '@/components/data-table'
import { Segmented } from '@/components/segmented'
import type { SeriesRow } from '@/lib/api/types'
import { decimalUsdOf, formatInteger, formatPercent, formatUsd, formatUsdExact } from '@/lib/format'

import { linesByModel, linesByProvider, type BreakdownLine } from './breakdown-rows'

const VIEWS = [
  { value: 'model', label: 'Models' },
  { value: 'provider', label: 'Providers' },
] as const

export function BreakdownCard({ series }: { series: SeriesRow[] }) {
  const [view, setView] = useState<'model' | 'provider'>('model')
  const lines = useMemo(
    () => (view === 'model' ? linesByModel(series) : linesByProvider(series)),
    [view, series],
  )
  return (
    <Card
      title="Breakdown"
      description="By model and provider. Select a column heading to sort."
      actions={<Segmented label="Break down by" size="sm" options={VIEWS} value={view} onChange={setView} />}
      flush
    >
      <DataTable
        key={view}
        caption={view === 'model' ? 'Usage by model and provider' : 'Usage by provider'}
        columns={view === 'model' ? MODEL_COLUMNS : PROVIDER_COLUMNS}
        rows={lines}
        rowKey={(line) => line.key}
        initialSort={{ key: 'cost', descending: true }}
        empty={<p className="px-5 pb-5 text-ink-soft">No usage in this period.</p>}
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
  cell: (line) => <ModelName line={line} />,
  sortValue: (line) => line.model,
}

const FIGURES: Column<BreakdownLine>[] = [
  { ...count('calls', 'Calls', (line) => line.calls), hideBelow: 'sm' },
  { ...count('input', 'Tokens in', (line) => line.inputTokens), hideBelow: 'md' },
  { ...count('output', 'Tokens out', (line) => line.outputTokens), hideBelow: 'md' },
  count('tokens', 'Tokens', (line) => line.totalTokens),
  { ...count('errors', 'Errors', (line) => line.errors), hideBelow: 'md' },
  {
    key: 'cost',
    header: 'Cost',
    align: 'end',
    cell: (line) => <Cost line={line} />,
    sortValue: (line) => line.costNanoUsd,
  },
  {
    key: 'share',
    header: 'Share of cost',
    align: 'end',
    hideBelow: 'sm',
    cell: (line) => <Share percent={line.costPercent} />,
    sortValue: (line) => line.costNanoUsd,
  },
]

const MODEL_COLUMNS: Column<BreakdownLine>[] = [MODEL, { ...PROVIDER, hideBelow: 'sm' }, ...FIGURES]
const PROVIDER_COLUMNS = [PROVIDER, ...FIGURES]

function count(key: string, header: string, of: (line: BreakdownLine) => number): Column<BreakdownLine> {
  return { key, header, align: 'end', cell: (line) => formatInteger(of(line)), sortValue: of }
}

/** A name that callers chose: text, cut where it is very long. */
function Name({ text }: { text: string }) {
  return (
    <span title={text} className="block max-w-32 truncate sm:max-w-64">
      {text}
    </span>
  )
}

/** On a phone the provider stands below its model, and not in a column of its own. */
function ModelName({ line }: { line: BreakdownLine }) {
  return (
    <>
      <Name text={line.model ?? ''} />
      <span className="text-xs font-normal text-ink-faint sm:hidden">
        <Name text={line.provider} />
      </span>
    </>
  )
}

function Cost({ line }: { line: BreakdownLine }) {
  if (line.calls > 0 && line.unpricedCalls === line.calls)
    return <span title="These calls have no price">Unknown</span>
  const cost = decimalUsdOf(line.costNanoUsd)
  return <span title={formatUsdExact(cost)}>{formatUsd(cost)}</span>
}

function Share({ percent }: { percent: number }) {
  return (
    <span className="inline-flex items-center justify-end gap-2">
      <span aria-hidden className="h-1.5 w-16 overflow-hidden rounded-full bg-sunken max-sm:hidden">
        <span className="block h-full rounded-full bg-accent" style={{ width: `${percent}%` }} />
      </span>
      <span className="w-12">{formatPercent(percent)}</span>
    </span>
  )
}
