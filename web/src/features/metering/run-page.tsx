import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ArrowLeft, RotateCw, SearchX } from 'lucide-react'
import { useLocation } from 'react-router'

import { Button, LinkButton } from '@/components/button'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Instant } from '@/components/instant'
import { Page } from '@/components/page'
import { Skeleton } from '@/components/skeleton'
import { codeOf } from '@/lib/api/problem'
import { runEventsQuery, runQuery } from '@/lib/api/queries'
import type { Run } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { BundleButton } from './bundle-button'
import { RunFigures } from './run-figures'
import { runOf } from './run-address'
import { RunStatus } from './run-status'
import { Timeline } from './timeline'

export function RunPage() {
  const { id: tenant } = useTenant()
  const id = runOf(useLocation().pathname)
  const query = useQuery(runQuery(tenant, id))
  const { data: run, error, isFetching } = query
  if (run) return <ShownRun key={id} run={run} isFetching={isFetching} />
  if (codeOf(error) === 'not_found') return <NoSuchRun id={id} />
  return (
    <Page title="Run">
      {error ? (
        <ErrorState level={1} title="Could not load the run" query={query} action={<ToRuns />} />
      ) : (
        <RunSkeleton />
      )}
    </Page>
  )
}

function ShownRun({ run, isFetching }: { run: Run; isFetching: boolean }) {
  return (
    <Page
      title={`Run ${run.id}`}
      description={<Summary run={run} />}
      actions={
        <>
          <BundleButton run={run.id} />
          {run.status === 'open' && <Refresh run={run.id} isFetching={isFetching} />}
          <ToRuns />
        </>
      }
    >
      <RunFigures run={run} />
      <Timeline run={run} />
    </Page>
  )
}

function Summary({ run }: { run: Run }) {
  return (
    <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1">
      <RunStatus status={run.status} />
      <span>
        Started <Instant at={run.began_at} />
      </span>
      {run.status === 'open' && <span>Refresh to see newer events.</span>}
    </p>
  )
}

function Refresh({ run, isFetching }: { run: string; isFetching: boolean }) {
  const { id } = useTenant()
  const queries = useQueryClient()
  const refresh = () => {
    void queries.invalidateQueries(runQuery(id, run))
    void queries.invalidateQueries({ queryKey: runEventsQuery(id, run).queryKey })
  }
  return (
    <Button icon={RotateCw} onClick={refresh} loading={isFetching}>
      Refresh
    </Button>
  )
}

function RunSkeleton() {
  return (
    <>
      <p role="status" className="sr-only">
        Loading run
      </p>
      <Skeleton className="h-29 rounded-xl" />
      <Skeleton className="h-96 rounded-xl" />
    </>
  )
}

function NoSuchRun({ id }: { id: string }) {
  return (
    <Page title="Run">
      <EmptyState
        level={1}
        icon={SearchX}
        title="Run not found"
        description={
          <span className="wrap-anywhere">
            No event in this tenant has the run ID <code className="font-mono">{id}</code>.
          </span>
        }
        action={<ToRuns />}
      />
    </Page>
  )
}

function ToRuns() {
  const { id } = useTenant()
  return (
    <LinkButton to={`/t/${encodeURIComponent(id)}/runs`} icon={ArrowLeft}>
      All runs
    </LinkButton>
  )
}
