import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ArrowLeft, RotateCw, SearchX } from 'lucide-react'
import { useLocation } from 'react-router'

import { Button, LinkButton } from '@/components/button'
import { CopyButton } from '@/components/copy-button'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Instant } from '@/components/instant'
import { Page } from '@/components/page'
import { Skeleton } from '@/components/skeleton'
import { TextLink } from '@/components/text-link'
import { codeOf } from '@/lib/api/problem'
import { runQuery } from '@/lib/api/queries'
import type { Run } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { BundleButton } from './bundle-button'
import { RunBudget } from './run-budget'
import { RunFigures } from './run-figures'
import { runOf, runPath } from './run-address'
import { runEventsQuery } from './run-queries'
import { RunStatus } from './run-status'
import { RunTree } from './run-tree'
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
          <CopyButton text={run.id} what="run ID" label="Copy run ID" size="md" />
          <BundleButton run={run.id} />
          {run.status === 'open' && <Refresh run={run.id} isFetching={isFetching} />}
          <ToRuns />
        </>
      }
    >
      <RunFigures run={run} />
      <RunBudget run={run} />
      <RunTree run={run} />
      <Timeline run={run} />
    </Page>
  )
}

function Summary({ run }: { run: Run }) {
  const { id } = useTenant()
  return (
    <p className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1">
      <RunStatus status={run.status} isSilent={run.is_silent} />
      <span>
        Started <Instant at={run.began_at} />
        {run.parent_run_id !== null && (
          <>
            {' by '}
            <TextLink to={runPath(id, run.parent_run_id)} className="font-mono text-xs wrap-anywhere">
              {run.parent_run_id}
            </TextLink>
          </>
        )}
      </span>
      <SilentRun run={run} />
    </p>
  )
}

/** A run is never completed by silence: this says how long it has been silent. */
function SilentRun({ run: { status, is_silent, last_at } }: { run: Run }) {
  if (is_silent || status === 'timed_out') {
    return (
      <span>
        No word since <Instant at={last_at} />
      </span>
    )
  }
  return status === 'open' ? <span>Refresh to see newer events.</span> : null
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
