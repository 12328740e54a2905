import { Card } from '@/components/card'
import type { Column } from '@/components/data-table'
import { WholeTable } from '@/components/whole-table'
import { questionPath, type Filter } from '@/features/metering/explain-address'
import type { NamedRow, SeriesRow, Statement } from '@/lib/api/types'
import { costOf, exactCostInWords, type SumCostStatus } from '@/lib/cost'
import { capitalized, formatInteger } from '@/lib/format'

import { filterOf } from '../explain-filters'
import { REST } from '../group'

type Of = { statement: Statement }

export function ModelsCard({ statement }: Of) {
  return (
    <Card title="Provider cost by model and tool" flush>
      {statement.by_model.length === 0 ? (
        <NoUsage />
      ) : (
        <WholeTable
          caption="Provider cost by model and tool"
          columns={MODEL_COLUMNS}
          rows={statement.by_model}
          rowKey={({ provider, model }) => JSON.stringify([provider, model])}
          href={({ provider, model }) => eventsPath(statement, { provider, model })}
          sum={['Total', '', ...figuresOf(statement.usage)]}
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
          columns={[nameColumn(capitalized(by)), ...FIGURES]}
          rows={shown}
          rowKey={({ name }) => name ?? ''}
          href={({ name }) => (name === null ? undefined : eventsPath(statement, filterOf(by, name)))}
          sum={['Total', ...figuresOf(statement.usage)]}
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

type Figures = { calls: number; tokens: { total: number }; cost_usd: string; cost_status: SumCostStatus }

/** Calls, tokens and cost: every digit, because people add them up on paper. */
function figuresOf(row: Figures): string[] {
  return [formatInteger(row.calls), formatInteger(row.tokens.total), exactCostInWords(costOf(row))]
}

const FIGURES: Column<Figures>[] = [
  { ...figure('LLM calls', 0), hideBelow: 'sm' },
  { ...figure('Tokens', 1), hideBelow: 'sm' },
  figure('Provider cost', 2),
]

function figure(header: string, index: number): Column<Figures> {
  return { key: header, header, align: 'end', cell: (row) => figuresOf(row)[index] }
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
  ...FIGURES,
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
