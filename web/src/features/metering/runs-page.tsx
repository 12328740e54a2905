// The runs of a tenant, newest first.
import { useInfiniteQuery } from '@tanstack/react-query'
import { Activity } from 'lucide-react'

import { LinkButton } from '@/components/button'
import { Card } from '@/components/card'
import { DataTable, type Column } from '@/components/data-table'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Instant, RelativeTime } from '@/components/instant'
import { Notice } from '@/components/notice'
import { Page } from '@/components/page'
import { runsQuery } from '@/lib/api/queries'
import type { Run } from '@/lib/api/types'
import { formatCompact, formatDuration, formatInteger } from '@/lib/format'
import { useTenant } from '@/lib/tenant'

import { Cost } from './cost'
import { runPath } from './run-address'
import { RunStatus } from './run-status'

const SKELETON_ROWS = 8

const columns: Column<Run>[] = [
  { key: 'id', header: 'Run', cell: (run) => <Name run={run} /> },
  { key: 'status', header: 'Status', cell: (run) => <RunStatus status={run.status} /> },
  { key: 'began', header: 'Began', hideBelow: 'md', cell: (run) => <Began at={run.began_at} /> },
  {
    key: 'duration',
    header: 'Duration',
    align: 'end',
    hideBelow: 'sm',
    cell: (run) => <Duration run={run} />,
  },
  { key: 'tokens', header: 'Tokens', align: 'end', hideBelow: 'sm', cell: (run) => <Tokens run={run} /> },
  { key: 'cost', header: 'Cost', align: 'end', cell: (run) => <Cost amounts={run} /> },
]

export function RunsPage() {
  return (
    <Page title="Runs" description="What each agent run used and cost, newest first.">
      <Runs />
    </Page>
  )
}

function Runs() {
  const { id } = useTenant()
  const query = useInfiniteQuery(runsQuery(id))
  const { data, error, isFetching, isFetchingNextPage, hasNextPage } = query
  const retry = () => void query.refetch()
  if (error && !data) {
    return (
      <ErrorState title="The runs could not be read" error={error} onRetry={retry} retrying={isFetching} />
    )
  }
  const more = { load: () => void query.fetchNextPage(), loading: isFetchingNextPage }
  return (
    <>
      {error && (
        <Notice tone="danger" title="Not all runs could be read">
          {error.message} What was read before is below.
        </Notice>
      )}
      <Card flush>
        <DataTable
          caption="Runs"
          columns={columns}
          rows={data?.pages.flatMap((page) => page.runs)}
          rowKey={(run) => run.id}
          href={(run) => runPath(id, run.id)}
          loadingRows={SKELETON_ROWS}
          more={hasNextPage ? more : undefined}
          empty={<NoRuns />}
        />
      </Card>
    </>
  )
}

function NoRuns() {
  const { id } = useTenant()
  return (
    <EmptyState
      icon={Activity}
      title="No runs yet"
      description={
        <>
          A run appears as soon as an event with a <code className="font-mono">run_id</code> is recorded.
        </>
      }
      action={<LinkButton to={`/t/${encodeURIComponent(id)}`}>See how to send an event</LinkButton>}
    />
  )
}

function Name({ run }: { run: Run }) {
  return (
    <>
      <span className="line-clamp-2 max-w-80 font-mono text-xs wrap-anywhere" title={run.id}>
        {run.id}
      </span>
      <RelativeTime at={run.began_at} className="text-xs font-normal text-ink-faint md:hidden" />
    </>
  )
}

function Began({ at }: { at: string }) {
  return <Instant at={at} className="whitespace-nowrap" />
}

function Duration({ run }: { run: Run }) {
  return <span className="whitespace-nowrap">{formatDuration(run.duration_ms)}</span>
}

function Tokens({ run }: { run: Run }) {
  const { total } = run.tokens
  return <span title={`${formatInteger(total)} tokens`}>{formatCompact(total)}</span>
}
