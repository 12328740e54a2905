// The runs that a run started, with what each branch used.
import { useQuery } from '@tanstack/react-query'

import { Card } from '@/components/card'
import { CostText } from '@/components/cost-text'
import { DataTable, type Column } from '@/components/data-table'
import { ErrorState } from '@/components/error-state'
import type { Run, RunInTree } from '@/lib/api/types'
import { costOf } from '@/lib/cost'
import { formatDuration, formatInteger } from '@/lib/format'
import { useTenant } from '@/lib/tenant'

import { isOver, leftText } from './run-budget'
import { runPath } from './run-address'
import { runTreeQuery } from './run-queries'
import { RunStatus } from './run-status'

const INDENT_REM = 1.25

/** Nothing is shown for a run without children: most have none, and wait for no skeleton. */
export function RunTree({ run }: { run: Run }) {
  const { id } = useTenant()
  const query = useQuery(runTreeQuery(id, run.id))
  const { data, error } = query
  if (error && !data) {
    return (
      <Card>
        <ErrorState title="Could not load the runs that it started" query={query} />
      </Card>
    )
  }
  if (!data || data.runs.length < 2) return null
  const { runs, is_cut } = data
  const started = formatInteger(runs.length - 1)
  return (
    <Card
      title="Runs that it started"
      description={
        is_cut
          ? `The first ${started}. There are more, which the sums leave out.`
          : `${started} ${runs.length === 2 ? 'run' : 'runs'}. Each line sums up its branch.`
      }
      flush
    >
      <DataTable
        caption="Tree of runs"
        columns={columnsOf(runs)}
        rows={runs}
        rowKey={({ run }) => run.id}
        href={({ run, depth }) => (depth === 0 ? undefined : runPath(id, run.id))}
      />
    </Card>
  )
}

/** The bars of all runs share one scale. */
function columnsOf(runs: readonly RunInTree[]): Column<RunInTree>[] {
  const start = Math.min(...runs.map(({ run }) => Date.parse(run.began_at)))
  const end = Math.max(...runs.map(({ run }) => Date.parse(run.last_at)))
  return [
    { key: 'run', header: 'Run', cell: (place) => <Name place={place} /> },
    {
      key: 'status',
      header: 'Status',
      hideBelow: 'sm',
      cell: ({ run }) => <RunStatus status={run.status} isSilent={run.is_silent} />,
    },
    {
      key: 'time',
      header: 'Time',
      hideBelow: 'md',
      cell: ({ run }) => <Span run={run} start={start} end={end} />,
    },
    {
      key: 'calls',
      header: 'Calls',
      align: 'end',
      hideBelow: 'sm',
      cell: ({ sum }) => formatInteger(sum.calls + sum.tool_calls),
    },
    {
      key: 'errors',
      header: 'Errors',
      align: 'end',
      hideBelow: 'md',
      cell: ({ sum }) => formatInteger(sum.errors),
    },
    ...(runs.some(({ run }) => run.hold !== null) ? [LEFT] : []),
    { key: 'own', header: 'Own cost', align: 'end', hideBelow: 'sm', cell: ({ run }) => <Cost of={run} /> },
    { key: 'cost', header: 'Cost', align: 'end', cell: ({ sum }) => <Cost of={sum} /> },
  ]
}

/** What is left of the budget of an admitted run. */
const LEFT: Column<RunInTree> = {
  key: 'left',
  header: 'Left of budget',
  align: 'end',
  cell: ({ run }) =>
    isOver(run) ? <span className="text-danger-text">Over</span> : <span>{leftText(run) ?? '–'}</span>,
}

function Name({ place: { run, depth } }: { place: RunInTree }) {
  return (
    <span className="block max-w-96" style={{ paddingInlineStart: `${depth * INDENT_REM}rem` }}>
      <span className="line-clamp-2 font-mono text-xs wrap-anywhere" title={run.id}>
        {depth > 0 && (
          <span aria-hidden className="text-ink-faint">
            ↳{' '}
          </span>
        )}
        {run.id}
      </span>
      <span className="mt-0.5 block sm:hidden">
        <RunStatus status={run.status} isSilent={run.is_silent} />
      </span>
      <span className="sr-only">{depth === 0 ? ', this run' : `, level ${depth}`}</span>
    </span>
  )
}

function Span({ run, start, end }: { run: Run; start: number; end: number }) {
  const length_ms = Math.max(end - start, 1)
  const left = ((Date.parse(run.began_at) - start) / length_ms) * 100
  const width = (run.duration_ms / length_ms) * 100
  return (
    <span className="flex items-center gap-2" title={formatDuration(run.duration_ms)}>
      <span
        aria-hidden
        className="relative h-1.5 w-24 overflow-hidden rounded-full bg-sunken forced-colors:border"
      >
        <span
          className="absolute inset-y-0 min-w-1 rounded-full bg-chart-1 forced-color-adjust-none"
          style={{ left: `${Math.min(left, 96)}%`, width: `${width}%` }}
        />
      </span>
      <span className="whitespace-nowrap">{formatDuration(run.duration_ms)}</span>
    </span>
  )
}

function Cost({ of }: { of: Pick<Run, 'cost_usd' | 'cost_status'> }) {
  return (
    <span className="whitespace-nowrap">
      <CostText cost={costOf(of)} />
    </span>
  )
}
