import { Link } from 'react-router'

import { CostText } from '@/components/cost-text'
import type { Column } from '@/components/data-table'
import { Instant, RelativeTime } from '@/components/instant'
import type { Run } from '@/lib/api/types'
import { costOf, leftOutOf } from '@/lib/cost'
import { formatCompact, formatDuration, formatInteger } from '@/lib/format'

import { RunStatus } from './run-status'

/** The address of the runs of a user or a workflow. */
export type NamedRuns = (name: 'user_id' | 'workflow_id', value: string) => string

/** The columns of the list; what it is sorted by is shown at any width. */
export function runColumns(sort: string | undefined, runsOf: NamedRuns): Column<Run>[] {
  return columns(runsOf).map(({ hideBelow, ...column }) =>
    hideBelow === undefined || column.key === sort ? column : { ...column, hideBelow },
  )
}

function columns(runsOf: NamedRuns): Column<Run>[] {
  return [
    { key: 'id', header: 'Run', cell: (run) => <Name run={run} /> },
    {
      key: 'status',
      header: 'Status',
      cell: (run) => <RunStatus status={run.status} isSilent={run.is_silent} />,
    },
    {
      key: 'started',
      header: 'Started',
      hideBelow: 'md',
      cell: ({ began_at }) => <Instant at={began_at} className="whitespace-nowrap" />,
    },
    {
      key: 'duration',
      header: 'Duration',
      align: 'end',
      hideBelow: 'sm',
      cell: ({ duration_ms }) => <span className="whitespace-nowrap">{formatDuration(duration_ms)}</span>,
    },
    {
      key: 'user',
      header: 'User',
      hideBelow: 'lg',
      cell: ({ user_id }) => <NameLink name={user_id} to={(name) => runsOf('user_id', name)} />,
    },
    {
      key: 'workflow',
      header: 'Workflow',
      hideBelow: 'lg',
      cell: ({ workflow_id }) => <NameLink name={workflow_id} to={(name) => runsOf('workflow_id', name)} />,
    },
    { ...count('calls', 'Calls', ({ calls, tool_calls }) => calls + tool_calls), hideBelow: 'xl' },
    { ...count('errors', 'Errors', ({ errors }) => errors), hideBelow: 'xl' },
    { key: 'tokens', header: 'Tokens', align: 'end', hideBelow: 'sm', cell: (run) => <Tokens run={run} /> },
    {
      key: 'cost',
      header: 'Cost',
      align: 'end',
      cost: costOf,
      cell: (run, decimals) => <Cost run={run} decimals={decimals} />,
    },
  ]
}

function count(key: string, header: string, of: (run: Run) => number): Column<Run> {
  return { key, header, align: 'end', cell: (run) => formatInteger(of(run)) }
}

function Name({ run }: { run: Run }) {
  return (
    <>
      <span
        className="line-clamp-2 max-w-80 font-mono max-sm:line-clamp-3 text-xs wrap-anywhere"
        title={run.id}
      >
        {run.id}
      </span>
      <RelativeTime at={run.began_at} className="text-xs font-normal text-ink-faint md:hidden" />
    </>
  )
}

/** Leads to the runs of the same name; the rest of the row leads to the run. */
function NameLink({ name, to }: { name: string | null; to: (name: string) => string }) {
  if (name === null) return <span className="text-ink-faint">–</span>
  return (
    <Link to={to(name)} title={name} className="relative line-clamp-2 max-w-48 wrap-anywhere hover:underline">
      {name}
    </Link>
  )
}

function Tokens({ run }: { run: Run }) {
  const { total } = run.tokens
  return <span title={`${formatInteger(total)} tokens`}>{formatCompact(total)}</span>
}

function Cost({ run, decimals }: { run: Run; decimals: number | undefined }) {
  return (
    <span className="whitespace-nowrap">
      <CostText cost={costOf(run)} decimals={decimals} />
      {run.cost_status !== 'complete' && (
        <span className="block text-xs text-ink-faint max-sm:hidden">{leftOutOf(run)}</span>
      )}
    </span>
  )
}
