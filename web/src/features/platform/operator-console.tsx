// The operator console: its navigation and pages. The tenants' app must not import this folder.
import { ChartNoAxesCombined, Gauge, Layers, ServerCog, Tags, UsersRound } from 'lucide-react'
import { useRoutes, type RouteObject } from 'react-router'

import { AppShell } from '@/components/app-shell'
import { LinkButton } from '@/components/button'
import { EmptyState } from '@/components/empty-state'
import { UserMenu } from '@/features/people/user-menu'

import { MarginsPage } from './margins/margins-page'
import { OverviewPage } from './overview/overview-page'
import { PlansPage } from './plans/plans-page'
import { PricesPage } from './prices/prices-page'
import { SystemPage } from './system/system-page'
import { TenantFrame } from './tenant/tenant-frame'
import { TENANT_PAGES } from './tenant/tenant-pages'
import { TenantsPage } from './tenants/tenants-page'
import { useOperatorCheck } from './use-operator-check'

const NAVIGATION = [
  { to: '/operator', label: 'Overview', icon: Gauge, end: true },
  { to: '/operator/tenants', label: 'Tenants', icon: UsersRound },
  { to: '/operator/margins', label: 'Margins', icon: ChartNoAxesCombined },
  { to: '/operator/plans', label: 'Plans', icon: Layers },
  { to: '/operator/prices', label: 'Prices', icon: Tags },
  { to: '/operator/system', label: 'System', icon: ServerCog },
]

const PAGES: RouteObject[] = [
  { index: true, element: <OverviewPage /> },
  { path: 'tenants', element: <TenantsPage /> },
  { path: 'tenants/:tenant', element: <TenantFrame />, children: TENANT_PAGES },
  { path: 'margins', element: <MarginsPage /> },
  { path: 'plans', element: <PlansPage /> },
  { path: 'prices', element: <PricesPage /> },
  { path: 'system', element: <SystemPage /> },
  { path: '*', element: <UnknownPage /> },
]

export function OperatorConsole() {
  useOperatorCheck()
  return (
    <AppShell navigation={NAVIGATION} tenantSwitcher={<ConsoleName />} userMenu={<UserMenu isOperator />}>
      {useRoutes(PAGES)}
    </AppShell>
  )
}

function ConsoleName() {
  return <p className="truncate px-2 py-1.5 font-medium text-ink">Operator console</p>
}

function UnknownPage() {
  return (
    <>
      <title>Not found · GWI Usage</title>
      <EmptyState
        level={1}
        title="Page not found"
        description="The operator console has no such page."
        action={<LinkButton to="/operator">Go to the overview</LinkButton>}
      />
    </>
  )
}
