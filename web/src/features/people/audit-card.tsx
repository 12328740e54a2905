import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { History } from 'lucide-react'

import { Card } from '@/components/card'
import { DataTable, type Column } from '@/components/data-table'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Instant } from '@/components/instant'
import type { AuditEntry, AuditPage } from '@/lib/api/types'

type AuditCardProps = {
  title?: string
  description?: string
  query: UseInfiniteQueryResult<InfiniteData<AuditPage>>
}
type Entry = AuditEntry & { key: string }

export function AuditCard({ title, description, query }: AuditCardProps) {
  // Entries have no id, and several may be of one instant.
  const entries = query.data?.pages
    .flatMap((page) => page.entries)
    .map((entry, index): Entry => ({ ...entry, key: `${entry.at} ${index}` }))
  return (
    <Card title={title} description={description} flush>
      {query.error && !query.data ? (
        <ErrorState title="Could not load the audit log" query={query} />
      ) : (
        <DataTable
          caption="Changes, newest first"
          columns={COLUMNS}
          rows={entries}
          rowKey={({ key }) => key}
          empty={<EmptyState icon={History} title="No changes yet" />}
          more={query}
        />
      )}
      {query.error && query.data && (
        <p role="alert" className="px-4 py-3 text-danger-text sm:px-5">
          Could not load older changes: {query.error.message}
        </p>
      )}
    </Card>
  )
}

const COLUMNS: readonly Column<Entry>[] = [
  {
    key: 'action',
    header: 'Change',
    cell: ({ action, at, reason }) => (
      <>
        <span className="block wrap-anywhere">{action}</span>
        {reason && <span className="block font-normal wrap-anywhere text-ink-soft sm:hidden">{reason}</span>}
        <Instant at={at} className="block text-xs font-normal text-ink-faint" />
      </>
    ),
  },
  { key: 'actor', header: 'By', cell: ({ actor }) => <span className="wrap-anywhere">{actor}</span> },
  {
    key: 'values',
    header: 'Before → after',
    hideBelow: 'sm',
    cell: ({ before, after }) => (
      <span className="wrap-anywhere">
        {before ?? '–'} → {after ?? '–'}
      </span>
    ),
  },
  {
    key: 'reason',
    header: 'Reason',
    hideBelow: 'sm',
    cell: ({ reason }) => <span className="wrap-anywhere">{reason || '–'}</span>,
  },
]
