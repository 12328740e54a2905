import { Scale } from 'lucide-react'

import { DataTable, type Column } from '@/components/data-table'
import { EmptyState } from '@/components/empty-state'
import { RelativeTime } from '@/components/instant'
import type { Margins, TenantMargin } from '@/lib/api/types'

import { MissingNote, SUM_COLUMNS } from '../margin-columns'
import { PagesNav } from '../pages-nav'

export function TenantMargins({ page }: { page: Margins | undefined }) {
  return (
    <>
      <DataTable
        caption="Margin by tenant"
        columns={COLUMNS}
        rows={page?.tenants}
        rowKey={({ tenant_id }) => tenant_id}
        href={({ tenant_id }) => `/operator/tenants/${encodeURIComponent(tenant_id)}`}
        loadingRows={8}
        empty={
          page?.next_cursor ? (
            <EmptyState title="No matches on this page" description="The next page may have some." />
          ) : (
            <EmptyState
              icon={Scale}
              title="No margins for this month"
              description="The daily job computes this month and the one before it."
            />
          )
        }
      />
      <PagesNav label="Pages of tenants" next={page?.next_cursor} />
    </>
  )
}

const COLUMNS: readonly Column<TenantMargin>[] = [
  {
    key: 'tenant',
    header: 'Tenant',
    cell: (row) => (
      <>
        <span className="block wrap-anywhere">{row.name}</span>
        <span className="block text-xs font-normal text-ink-faint">{row.plan}</span>
        <MissingNote sums={row} />
      </>
    ),
  },
  ...SUM_COLUMNS,
  {
    key: 'computed',
    header: 'As of',
    hideBelow: 'md',
    cell: ({ computed_at }) => <RelativeTime at={computed_at} className="whitespace-nowrap" />,
  },
]
