import type { ReactNode } from 'react'

import { Card } from '@/components/card'
import type { Column } from '@/components/data-table'
import { WholeTable } from '@/components/whole-table'
import { questionPath, type Filter } from '@/features/metering/explain-address'
import type { NamedRow, SeriesRow, Statement } from '@/lib/api/types'
import { capitalized, formatInteger } from '@/lib/format'

import { filterOf } from '../explain-filters'
import { REST } from '../group'

import { ExactCost, mostDecimals, type Charged } from './exact-cost'

type Of = { statement: Statement }

export function ModelsCard({ statement }: Of) {
  const decimals = mostDecimals([...statement.by_model, statement.usage])
  return (
    <Card title="Provider cost by model and tool" flush>
      {statement.by_model.length === 0 ? (
        <NoUsage />
      ) : (
        <WholeTable
          caption="Provider cost by model and tool"
          columns={[...MODEL_COLUMNS, ...figures(decimals)]}
          rows={statement.by_model}
          rowKey={({ provider, model }) => JSON.stringify([provider, model])}
          href={({ provider, model }) => eventsPath(statement, { provider, model })}
          sum={['Total', '', ...figuresOf(statement.usage, decimals)]}
        />
      )}
    </Card>
  )
}

type NamesTableCardProps = Of & { by: 'user' | 'workflow'; rows: readonly NamedRow[] }

export function NamesTableCard({ statement, by, rows }: NamesTableCardProps) {
  const caption = `Provider cost by ${by}`
  const shown = rows.filter(
    (row) => row.name !== null || row.tokens.total > 0 || row.calls > 0 || row.errors > 0,
  )
  const decimals = mostDecimals([...shown, statement.usage])
  return (
    <Card
      title={caption}
      description={`${REST} has no ${by}, or is not among the ${by}s that cost most.`}
      flush
    >
      {shown.length === 0 ? (
        <NoUsage />
      ) : (
        <WholeTable
          caption={caption}
          columns={[nameColumn(capitalized(by)), ...figures(decimals)]}
          rows={shown}
          rowKey={({ name }) => name ?? ''}
          href={({ name }) => (name === null ? undefined : eventsPath(statement, filterOf(by, name)))}
          sum={['Total', ...figuresOf(statement.usage, decimals)]}
        />
      )}
    </Card>
  )
}

function NoUsage() {
  return <p className="px-4 pb-4 text-ink-soft sm:px-5">No usage in this month.</p>
}

function eventsPath({ tenant_id, from, to }: Statement, filter: Filter | undefined): string | undefined {
  return filter && questionPath(tenant_id, { from, to, ...filter })
}

type Figures = Charged & { calls: number; tokens: { total: number } }

/** Calls, tokens and cost. */
function figuresOf(row: Figures, decimals: number): ReactNode[] {
  return [
    formatInteger(row.calls),
    formatInteger(row.tokens.total),
    <ExactCost of={row} decimals={decimals} />,
  ]
}

/** The columns of the figures. */
function figures(decimals: number): Column<Figures>[] {
  const figure = (header: string, index: number): Column<Figures> => ({
    key: header,
    header,
    align: 'end',
    cell: (row) => figuresOf(row, decimals)[index],
  })
  return [
    { ...figure('LLM calls', 0), hideBelow: 'sm' },
    { ...figure('Tokens', 1), hideBelow: 'sm' },
    figure('Provider cost', 2),
  ]
}

const MODEL_COLUMNS: Column<SeriesRow>[] = [
  {
    key: 'model',
    header: 'Model or tool',
    cell: ({ model, provider }) => (
      <>
        <Text of={model} />
        <span className="block text-xs font-normal text-ink-faint sm:hidden">
          <Text of={provider} />
        </span>
      </>
    ),
  },
  { key: 'provider', header: 'Provider', hideBelow: 'sm', cell: ({ provider }) => <Text of={provider} /> },
]

function nameColumn(header: string): Column<NamedRow> {
  return {
    key: 'name',
    header,
    cell: ({ name }) => (name === null ? <em className="text-ink-soft">{REST}</em> : <Text of={name} />),
  }
}

function Text({ of }: { of: string }) {
  return <span className="wrap-anywhere">{of}</span>
}
