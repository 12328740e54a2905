// Around each page of one tenant: its name, its state and the tabs.
import { useQuery } from '@tanstack/react-query'
import { Outlet, useParams } from 'react-router'

import { LinkButton } from '@/components/button'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { PageSkeleton } from '@/components/page-skeleton'
import { TabNav } from '@/components/tab-nav'
import { TextLink } from '@/components/text-link'
import { codeOf } from '@/lib/api/problem'

import { platformTenantQuery } from '../queries'
import { StatusBadges } from '../tenants/tenant-columns'

export function TenantFrame() {
  const { tenant: id = '' } = useParams()
  const tenant = useQuery(platformTenantQuery(id))
  if (codeOf(tenant.error) === 'unknown_tenant') return <UnknownTenant id={id} />
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-5">
      <nav aria-label="Breadcrumb" className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <TextLink to="/operator/tenants">Tenants</TextLink>
        <span aria-hidden className="text-ink-faint">
          /
        </span>
        <span className="min-w-0 font-medium wrap-anywhere text-ink">{tenant.data?.name ?? id}</span>
        {tenant.data && (
          <StatusBadges status={tenant.data.status} past_due={tenant.data.billing.past_due_since !== null} />
        )}
      </nav>
      <TabNav label="Tenant" tabs={tabsOf(id)} />
      {tenant.data ? (
        <Outlet context={tenant.data} />
      ) : tenant.error ? (
        <ErrorState level={1} title="Could not load the tenant" query={tenant} />
      ) : (
        <PageSkeleton label="Loading the tenant" />
      )}
    </div>
  )
}

function UnknownTenant({ id }: { id: string }) {
  return (
    <>
      <title>Tenant not found · GWI Usage</title>
      <EmptyState
        level={1}
        title="Tenant not found"
        description={`There is no tenant with the id “${id}”.`}
        action={<LinkButton to="/operator/tenants">Back to tenants</LinkButton>}
      />
    </>
  )
}

function tabsOf(id: string) {
  const base = `/operator/tenants/${encodeURIComponent(id)}`
  return [
    { to: base, label: 'Overview', end: true },
    { to: `${base}/usage`, label: 'Usage' },
    { to: `${base}/runs`, label: 'Runs' },
    { to: `${base}/statement`, label: 'Statement' },
    { to: `${base}/keys`, label: 'API keys' },
    { to: `${base}/members`, label: 'Members' },
    { to: `${base}/invoices`, label: 'Invoices' },
    { to: `${base}/audit`, label: 'Audit log' },
  ]
}
