import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Activity, SearchX } from 'lucide-react'
import { useSearchParams } from 'react-router'

import { LinkButton } from '@/components/button'
import { Card } from '@/components/card'
import { DataTable } from '@/components/data-table'
import { DownloadButton } from '@/components/download-button'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Notice } from '@/components/notice'
import { Outdated } from '@/components/outdated'
import { Page } from '@/components/page'
import { runsQuery, tenantPath } from '@/lib/api/queries'
import { dateIn } from '@/lib/format'
import { useTenant } from '@/lib/tenant'

import { runPath } from './run-address'
import { runColumns, type NamedRuns } from './run-columns'
import { RunFilterBar } from './run-filter-bar'
import { changed, filtersIn, questionOf, type RunFilters } from './run-filters'

export function RunsPage() {
  const { id, usage } = useTenant()
  const [search, setSearch] = useSearchParams()
  const { time_zone: zone } = usage.tenant
  const filters = filtersIn(search)
  const question = questionOf(filters, zone)
  const change = (changes: RunFilters) =>
    setSearch(changed(filters, changes), { replace: true, preventScrollReset: true })
  return (
    <Page
      title="Runs"
      description="Usage and cost of each agent run."
      actions={<DownloadButton path={`${tenantPath(id)}/runs`} query={{ ...question, bom: 'true' }} />}
    >
      <RunFilterBar
        filters={filters}
        usage={usage}
        today={dateIn(usage.aggregate.updated_at, zone)}
        onChange={change}
      />
      <Runs filters={filters} question={question} />
    </Page>
  )
}

type RunsProps = { filters: RunFilters; question: Record<string, string> }

function Runs({ filters, question }: RunsProps) {
  const { id } = useTenant()
  const query = useInfiniteQuery({ ...runsQuery(id, question), placeholderData: keepPreviousData })
  const { data, error, isPlaceholderData } = query
  if (error && !data) {
    return <ErrorState title="Could not load runs" query={query} action={<ClearFilters />} />
  }
  const runsOf: NamedRuns = (name, value) => `?${changed(filters, { [name]: value }).toString()}`
  return (
    <>
      {error && (
        <Notice tone="danger" title="Could not load more runs">
          {error.message}
        </Notice>
      )}
      <Outdated when={isPlaceholderData}>
        <Card flush>
          <DataTable
            // Another list begins at its first row.
            key={JSON.stringify(question)}
            caption="Runs"
            columns={runColumns(filters.sort, runsOf)}
            rows={data?.pages.flatMap((page) => page.runs)}
            rowKey={(run) => run.id}
            href={(run) => runPath(id, run.id)}
            loadingRows={8}
            more={query}
            empty={Object.keys(question).length > 0 ? <NoMatch filters={filters} /> : <NoRuns />}
          />
        </Card>
      </Outdated>
    </>
  )
}

function NoMatch({ filters: { sort } }: { filters: RunFilters }) {
  return (
    <EmptyState
      icon={SearchX}
      title="No run matches"
      description={
        sort === 'duration'
          ? 'A run is listed by its duration up to 15 minutes after it has ended.'
          : 'The search finds the beginning of a run ID. A filter takes the whole name.'
      }
      action={<ClearFilters />}
    />
  )
}

function ClearFilters() {
  const { id } = useTenant()
  return <LinkButton to={`/t/${encodeURIComponent(id)}/runs`}>Clear filters</LinkButton>
}

function NoRuns() {
  const { id } = useTenant()
  return (
    <EmptyState
      icon={Activity}
      title="No runs yet"
      description={
        <>
          Send an event with a <code className="font-mono">run_id</code> to see its run here.
        </>
      }
      action={<LinkButton to={`/t/${encodeURIComponent(id)}`}>See how to send an event</LinkButton>}
    />
  )
}
