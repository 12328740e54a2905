import { Badge } from '@/components/badge'
import { DataTable, type Column } from '@/components/data-table'
import { Instant } from '@/components/instant'
import { formatDuration } from '@/lib/format'
import type { Tick } from '@/lib/api/types'

import { Nothing, Section } from './section'

export function TicksCard({ ticks }: { ticks: Tick[] | undefined }) {
  return (
    <Section
      id="ticks"
      title="Last ticks"
      description="Newest first: what runs every minute, and the messages of the daily reconciliation."
    >
      <DataTable
        caption="Last ticks"
        columns={COLUMNS}
        rows={ticks}
        rowKey={({ at, job }) => `${at} ${job}`}
        empty={<Nothing>No tick yet.</Nothing>}
      />
    </Section>
  )
}

const JOBS: Record<Tick['job'], string> = { fold: 'Every minute', reconcile: 'Daily reconciliation' }

const COLUMNS: readonly Column<Tick>[] = [
  {
    key: 'job',
    header: 'Job',
    cell: ({ job, error }) => (
      <>
        <span className="block">{JOBS[job]}</span>
        {error !== null && (
          <span className="block text-xs font-normal wrap-anywhere text-danger-text">{error}</span>
        )}
      </>
    ),
  },
  {
    key: 'result',
    header: 'Result',
    cell: ({ error }) =>
      error === null ? <Badge tone="ok">Done</Badge> : <Badge tone="danger">Failed</Badge>,
  },
  {
    key: 'took',
    header: 'Took',
    align: 'end',
    cell: ({ milliseconds }) => formatDuration(milliseconds),
    sortValue: ({ milliseconds }) => milliseconds,
  },
  { key: 'at', header: 'At', hideBelow: 'sm', cell: ({ at }) => <Instant at={at} /> },
]
