import { useQuery } from '@tanstack/react-query'
import { UsersRound } from 'lucide-react'

import { LinkButton } from '@/components/button'
import { Card } from '@/components/card'
import { DataTable } from '@/components/data-table'
import { DownloadButton } from '@/components/download-button'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Outdated } from '@/components/outdated'
import { Page } from '@/components/page'
import type { TenantRows } from '@/lib/api/types'

import { PagesNav } from '../pages-nav'
import { tenantRowsQuery } from '../queries'
import { useFilters } from '../use-filters'
import { TENANT_COLUMNS } from './tenant-columns'
import { TenantFilters } from './tenant-filters'
import { FILTERS } from './filters'

export function TenantsPage() {
  const { values, query, change } = useFilters(FILTERS)
  const rows = useQuery(tenantRowsQuery(query))
  const isFiltered = Object.entries(values).some(([name, value]) => name !== 'sort' && value !== undefined)
  return (
    <Page
      title="Tenants"
      description="Usage is that of the current metering period, as of the tenant’s last fold."
      actions={<DownloadButton path="/tenants" query={values} />}
    >
      <TenantFilters values={values} isFiltered={isFiltered} onChange={change} />
      <Card flush>
        {rows.error ? (
          <ErrorState
            title="Could not load tenants"
            query={rows}
            action={<LinkButton to="/operator/tenants">Clear filters</LinkButton>}
          />
        ) : (
          <Rows page={rows.data} isFiltered={isFiltered} isOutdated={rows.isPlaceholderData} />
        )}
      </Card>
    </Page>
  )
}

type RowsProps = { page: TenantRows | undefined; isFiltered: boolean; isOutdated: boolean }

/** A page may be empty and still not be the last one. */
function Rows({ page, isFiltered, isOutdated }: RowsProps) {
  return (
    <Outdated when={isOutdated}>
      <DataTable
        caption="Tenants"
        columns={TENANT_COLUMNS}
        rows={page?.tenants}
        rowKey={({ id }) => id}
        href={({ id }) => `/operator/tenants/${encodeURIComponent(id)}`}
        loadingRows={10}
        empty={
          <NoTenants isFiltered={isFiltered} hasNext={page !== undefined && page.next_cursor !== null} />
        }
      />
      <PagesNav label="Pages of tenants" next={page?.next_cursor} />
    </Outdated>
  )
}

function NoTenants({ isFiltered, hasNext }: { isFiltered: boolean; hasNext: boolean }) {
  if (hasNext)
    return <EmptyState title="No matches on this page" description="The next page may have some." />
  if (!isFiltered) return <EmptyState icon={UsersRound} title="No tenants yet" />
  return (
    <EmptyState
      icon={UsersRound}
      title="No tenant matches"
      description="The search finds the beginning of an id or a name."
      action={<LinkButton to="/operator/tenants">Clear filters</LinkButton>}
    />
  )
}
