// A month for finance: provider cost by model, user and workflow, and apart from it the plan's invoices.
import { queryOptions, useQuery } from '@tanstack/react-query'
import { Printer } from 'lucide-react'
import { useSearchParams } from 'react-router'

import { Button, LinkButton } from '@/components/button'
import { DownloadButton } from '@/components/download-button'
import { ErrorState } from '@/components/error-state'
import { Page } from '@/components/page'
import { Select } from '@/components/select'
import { Skeleton } from '@/components/skeleton'
import { call } from '@/lib/api/client'
import { tenantPath } from '@/lib/api/queries'
import type { Statement } from '@/lib/api/types'
import { formatDay } from '@/lib/format'
import { useTenant } from '@/lib/tenant'

import { ExportMenu } from './export-menu'
import { InvoicesCard } from './invoices-card'
import { monthName } from './month'
import { MonthsCard } from './months-card'
import { ModelsCard, NamesTableCard } from './usage-tables'
import { TotalsCard } from './totals-card'

/** The statement of a month, "2026-10"; without one, of the current month. */
const statementQuery = (tenant: string, month: string | undefined) =>
  queryOptions({
    queryKey: ['tenant', tenant, 'statement', month],
    queryFn: ({ signal }) => call<Statement>(`${tenantPath(tenant)}/statement`, { query: { month }, signal }),
  })

export function StatementPage() {
  const { id } = useTenant()
  const [search, setSearch] = useSearchParams()
  const query = useQuery(statementQuery(id, search.get('month') ?? undefined))
  const statement = query.data
  return (
    <Page
      title={statement ? `Statement for ${monthName(statement.month)}` : 'Statement'}
      description={statement ? <Subject statement={statement} /> : <Skeleton className="my-0.5 h-4 w-52" />}
      actions={statement && <Actions statement={statement} onChoose={(month) => setSearch({ month })} />}
    >
      {statement ? (
        <Content statement={statement} />
      ) : query.error ? (
        <ErrorState
          title="Could not load the statement"
          query={query}
          action={<LinkButton to="?">This month</LinkButton>}
        />
      ) : (
        <Loading />
      )}
    </Page>
  )
}

function Subject({ statement: { tenant_name, from, to } }: { statement: Statement }) {
  return (
    <>
      {tenant_name} · {formatDay(from, 'UTC')} – {formatDay(Date.parse(to) - 1, 'UTC')}{' '}
      <span className="text-ink-faint">(UTC)</span>
    </>
  )
}

type ActionsProps = { statement: Statement; onChoose: (month: string) => void }

function Actions({ statement, onChoose }: ActionsProps) {
  const { month, months, tenant_id } = statement
  const listed = months.map((each) => each.month)
  const offered = listed.includes(month) ? listed : [...listed, month]
  return (
    <>
      <Select
        aria-label="Month"
        options={offered.map((value) => ({ value, label: monthName(value) }))}
        value={month}
        onChange={({ target }) => onChoose(target.value)}
      />
      <DownloadButton
        path={`${tenantPath(tenant_id)}/statement`}
        query={{ month, bom: 'true' }}
        label="Download the statement as CSV"
      />
      <ExportMenu statement={statement} />
      <Button size="sm" icon={Printer} onClick={() => window.print()}>
        Print
      </Button>
    </>
  )
}

function Content({ statement }: { statement: Statement }) {
  return (
    <>
      <TotalsCard statement={statement} />
      <ModelsCard statement={statement} />
      <NamesTableCard statement={statement} by="user" rows={statement.by_user} />
      <NamesTableCard statement={statement} by="workflow" rows={statement.by_workflow} />
      <InvoicesCard statement={statement} />
      <MonthsCard statement={statement} />
    </>
  )
}

function Loading() {
  return (
    <div role="status" className="grid gap-5">
      <span className="sr-only">Loading the statement</span>
      <Skeleton className="h-44 rounded-xl" />
      <Skeleton className="h-96 rounded-xl" />
    </div>
  )
}
