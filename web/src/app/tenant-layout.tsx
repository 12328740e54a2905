// Frame of a tenant's pages. It loads usage first, which also proves that the reader is a member.
import { useQuery } from '@tanstack/react-query'
import { Activity, ChartColumn, CreditCard, FileText, Settings } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Navigate, Outlet, useLocation, useParams } from 'react-router'

import { AppShell, type NavigationItem } from '@/components/app-shell'
import { ErrorState } from '@/components/error-state'
import { PageSkeleton } from '@/components/page-skeleton'
import { TenantSwitcher } from '@/features/people/tenant-switcher'
import { UserMenu } from '@/features/people/user-menu'
import { LiveStatus } from '@/features/ledger/live/live-status'
import { useLiveUsage } from '@/features/ledger/live/use-live-usage'
import { codeOf } from '@/lib/api/problem'
import { meQuery, usageQuery } from '@/lib/api/queries'
import type { Usage } from '@/lib/api/types'
import { rememberTenant } from '@/lib/last-tenant'
import { mayManage, type TenantContext } from '@/lib/tenant'

// Few readers see them, and the others should not wait for them.
const NoAccess = lazy(async () => ({ default: (await import('@/features/people/no-access')).NoAccess }))
const Suspended = lazy(async () => ({ default: (await import('@/features/people/suspended')).Suspended }))

const IN_CONSOLE = /^\/t\/[^/]+\/((?:explain|runs|statement)(?:\/.*)?)$/

export function TenantLayout() {
  const { tenant = '' } = useParams()
  const usage = useQuery(usageQuery(tenant))
  const refusal = codeOf(usage.error)
  if (refusal === 'foreign_tenant') {
    return (
      <Suspense>
        <NoAccess tenant={tenant} />
      </Suspense>
    )
  }
  if (refusal === 'tenant_suspended') {
    return (
      <AppShell
        navigation={[]}
        tenantSwitcher={<TenantSwitcher current={{ id: tenant, name: usage.data?.tenant.name ?? tenant }} />}
        userMenu={<AccountMenu />}
      >
        <Suspense>
          <Suspended onRetry={() => void usage.refetch()} />
        </Suspense>
      </AppShell>
    )
  }
  // An operator who is no member reads a tenant in the console, where it is marked as another's.
  if (usage.data?.tenant.role === null) return <ToConsole tenant={tenant} />
  if (usage.data) return <TenantFrame key={tenant} usage={usage.data} isOutdated={usage.error !== null} />
  return (
    <AppShell
      navigation={navigationOf(tenant, false)}
      tenantSwitcher={usage.error && <TenantSwitcher current={{ id: tenant, name: tenant }} />}
      userMenu={<AccountMenu />}
    >
      {usage.error ? (
        <ErrorState level={1} title="Could not load usage" query={usage} />
      ) : (
        <PageSkeleton label="Loading usage" />
      )}
    </AppShell>
  )
}

/** Lead to the same page in the operator's console, or to the usage page if it has none. */
function ToConsole({ tenant }: { tenant: string }) {
  const { pathname, search } = useLocation()
  const page = IN_CONSOLE.exec(pathname)?.[1] ?? 'usage'
  return <Navigate to={`/operator/tenants/${encodeURIComponent(tenant)}/${page}${search}`} replace />
}

/** Asks when it opens whether the reader is an operator. */
function AccountMenu() {
  const [wasOpened, setWasOpened] = useState(false)
  const me = useQuery({ ...meQuery(), enabled: wasOpened })
  return <UserMenu isOperator={me.data?.is_operator} onOpen={() => setWasOpened(true)} />
}

function TenantFrame({ usage, isOutdated }: { usage: Usage; isOutdated: boolean }) {
  const { id, name, role } = usage.tenant
  const state = useLiveUsage({ usage, isOutdated })
  useEffect(() => rememberTenant(id), [id])
  const context: TenantContext = { id, name, role: role ?? 'member', usage }
  return (
    <AppShell
      navigation={navigationOf(id, mayManage(context.role))}
      tenantSwitcher={<TenantSwitcher current={context} />}
      liveStatus={<LiveStatus state={state} />}
      userMenu={<AccountMenu />}
    >
      <Outlet context={context} />
    </AppShell>
  )
}

function navigationOf(tenant: string, manages: boolean): NavigationItem[] {
  const base = `/t/${encodeURIComponent(tenant)}`
  const forAll = [
    { to: base, label: 'Usage', icon: ChartColumn, end: true },
    { to: `${base}/runs`, label: 'Runs', icon: Activity },
    { to: `${base}/statement`, label: 'Statement', icon: FileText },
    { to: `${base}/upgrade`, label: 'Plans', icon: CreditCard },
  ]
  return manages ? [...forAll, { to: `${base}/settings`, label: 'Settings', icon: Settings }] : forAll
}
