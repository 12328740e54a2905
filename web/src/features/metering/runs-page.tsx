import { useInfiniteQuery } from '@tanstack/react-query'
import { Activity } from 'lucide-react'

import { LinkButton } from '@/components/button'
import { Card } from '@/components/card'
import { CostText } from '@/components/cost-text'
import { DataTable, type Column } from '@/components/data-table'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Instant, RelativeTime } from '@/components/instant'
import { Notice } from '@/components/notice'
import { Page } from '@/components/page'
import { runsQuery } from '@/lib/api/queries'
import type { Run } from '@/lib/api/types'
import { costOf, leftOutOf } from '@/lib/cost'
import { formatCompact, formatDuration, formatInteger, formatUsdFine } from '@/lib/format'
import { useTenant } from '@/lib/tenant'

import { runPath } from './run-address'
import { RunStatus } from './run-status'

const columns: Column<Run>[] = [
  { key: 'id', header: 'Run', cell: (run) => <Name run={run} /> },
  { key: 'status', header: 'Status', cell: (run) => <RunStatus status={run.status} /> },
  {
    key: 'began',
    header: 'Started',
    hideBelow: 'md',
    cell: ({ began_at }) => <Instant at={began_at} className="whitespace-nowrap" />,
  },
  {
    key: 'duration',
    header: 'Duration',
    align: 'end',
    hideBelow: 'sm',
    cell: ({ duration_ms }) => formatDuration(duration_ms),
  },
  { key: 'tokens', header: 'Tokens', align: 'end', hideBelow: 'sm', cell: (run) => <Tokens run={run} /> },
  { key: 'cost', header: 'Cost', align: 'end', cell: (run) => <Cost run={run} /> },
]

export function RunsPage() {
  return (
    <Page title="Runs" description="Usage and cost of each agent run, newest first.">
      <Runs />
    </Page>
  )
}

function Runs() {
  const { id } = useTenant()
  const query = useInfiniteQuery(runsQuery(id))
  const { data, error } = query
  if (error && !data) return <ErrorState title="Could not load runs" query={query} />
  return (
    <>
      {error && (
        <Notice tone="danger" title="Could not load more runs">
          {error.message}
        </Notice>
      )}
      <Card flush>
        <DataTable
          caption="Runs"
          columns={columns}
          rows={data?.pages.flatMap((page) => page.runs)}
          rowKey={(run) => run.id}
          href={(run) => runPath(id, run.id)}
          loadingRows={8}
          more={query}
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
          Send an event with a <code className="font-mono">run_id</code> to see its run here.
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

function Tokens({ run }: { run: Run }) {
  const { total } = run.tokens
  return <span title={`${formatInteger(total)} tokens`}>{formatCompact(total)}</span>
}

function Cost({ run }: { run: Run }) {
  return (
    <span className="whitespace-nowrap">
      <CostText cost={costOf(run)} format={formatUsdFine} />
      {run.cost_status !== 'complete' && (
        <span className="block text-xs text-ink-faint max-sm:hidden">{leftOutOf(run)}</span>
      )}
    </span>
  )
}
