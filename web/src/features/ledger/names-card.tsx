// Usage by user, workflow, API key or tag: read when it is asked for, because most pages never need it.
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { Card } from '@/components/card'
import { CostText } from '@/components/cost-text'
import { DataTable, type Column } from '@/components/data-table'
import { DownloadButton } from '@/components/download-button'
import { ErrorState } from '@/components/error-state'
import { Skeleton } from '@/components/skeleton'
import { tenantPath, topQuery } from '@/lib/api/queries'
import type { Aggregate, NamedRow } from '@/lib/api/types'
import { costOf } from '@/lib/cost'
import { formatInteger } from '@/lib/format'

import { questionPath } from '@/features/metering/explain-address'
import { filterOf } from './explain-filters'
import { REST, singularOf, type NameGroup } from './group'
import { Name } from './series-name'

/** The API's maximum. */
const MAX_NAMES = '500'

type NamesCardProps = { aggregate: Aggregate; by: NameGroup; chooser: ReactNode }

export function NamesCard({ aggregate, by, chooser }: NamesCardProps) {
  const { tenant_id, period_start: from, period_end: to } = aggregate
  const request = { group_by: by, from, to, limit: MAX_NAMES }
  const top = useQuery(topQuery(tenant_id, request))
  const noun = singularOf(by)
  return (
    <Card
      title="Breakdown"
      description={`In whole days of UTC. Select a row to see its events. The rest has no ${noun} or costs little.`}
      actions={
        <>
          {chooser}
          <DownloadButton
            path={`${tenantPath(tenant_id)}/usage/top`}
            query={{ ...request, bom: 'true' }}
            label="Download the breakdown as CSV"
          />
        </>
      }
      flush
    >
      {top.data ? (
        <DataTable
          caption={`Usage by ${noun}`}
          columns={[nameColumn(noun), ...FIGURES]}
          rows={top.data.names.filter((row) => row.name !== null || row.calls > 0 || row.errors > 0)}
          rowKey={({ name }) => name ?? ''}
          href={({ name }) => {
            const filter = name === null ? undefined : filterOf(by, name)
            return filter && questionPath(tenant_id, { from: top.data.from, to: top.data.to, ...filter })
          }}
          initialSort={{ key: 'cost', descending: true }}
          empty={<p className="px-5 pb-5 text-ink-soft">No usage in this period.</p>}
        />
      ) : top.error ? (
        <ErrorState title="Could not load the breakdown" query={top} />
      ) : (
        <Skeleton className="mx-5 mb-5 h-40" />
      )}
    </Card>
  )
}

/** The rest is no name, so it is set apart from a user who is called so. */
function nameColumn(noun: string): Column<NamedRow> {
  return {
    key: 'name',
    header: noun.charAt(0).toUpperCase() + noun.slice(1),
    cell: ({ name, label }) =>
      name === null ? <em className="text-ink-soft">{REST}</em> : <Name text={label ?? name} />,
    sortValue: ({ name, label }) => (name === null ? null : (label ?? name)),
  }
}

const FIGURES: Column<NamedRow>[] = [
  { ...count('calls', 'Calls', (row) => row.calls), hideBelow: 'sm' },
  { ...count('input', 'Tokens in', (row) => row.tokens.input), hideBelow: 'md' },
  { ...count('output', 'Tokens out', (row) => row.tokens.output), hideBelow: 'md' },
  count('tokens', 'Tokens', (row) => row.tokens.total),
  { ...count('errors', 'Errors', (row) => row.errors), hideBelow: 'md' },
  {
    key: 'cost',
    header: 'Cost',
    align: 'end',
    cost: costOf,
    cell: (row, decimals) => <CostText cost={costOf(row)} decimals={decimals} />,
    sortValue: (row) => (row.cost_status === 'unknown' ? null : costOf(row).value),
  },
]

function count(key: string, header: string, of: (row: NamedRow) => number): Column<NamedRow> {
  return { key, header, align: 'end', cell: (row) => formatInteger(of(row)), sortValue: of }
}
