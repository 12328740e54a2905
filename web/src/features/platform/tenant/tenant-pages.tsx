// The pages of one tenant, below its frame.
import { lazy, Suspense, type ComponentType } from 'react'
import type { RouteObject } from 'react-router'

import { PageSkeleton } from '@/components/page-skeleton'

import { AuditTab } from './audit-tab'
import { InvoicesTab } from './invoices-tab'
import { KeysTab } from './keys-tab'
import { MembersTab } from './members-tab'
import { TenantOverview } from './tenant-overview'
import { UsageTab } from './usage-tab'

const UsagePage = lazy(async () => ({
  default: (await import('@/features/ledger/usage-page')).UsagePage,
}))

const ExplainPage = lazy(async () => ({
  default: (await import('@/features/ledger/explain-page')).ExplainPage,
}))

const StatementPage = lazy(async () => ({
  default: (await import('@/features/ledger/statement/statement-page')).StatementPage,
}))

const RunsPage = lazy(async () => ({
  default: (await import('@/features/metering/runs-page')).RunsPage,
}))

const RunPage = lazy(async () => ({
  default: (await import('@/features/metering/run-page')).RunPage,
}))

/** A page of the tenant's own, as its members see it. */
const asMember = (path: string, Page: ComponentType, label: string): RouteObject => ({
  path,
  element: (
    <Suspense fallback={<PageSkeleton label={label} />}>
      <Page />
    </Suspense>
  ),
})

export const TENANT_PAGES: RouteObject[] = [
  { index: true, element: <TenantOverview /> },
  {
    element: <UsageTab />,
    children: [
      asMember('usage', UsagePage, 'Loading usage'),
      asMember('explain', ExplainPage, 'Loading events'),
      asMember('runs', RunsPage, 'Loading runs'),
      asMember('runs/*', RunPage, 'Loading the run'),
      asMember('statement', StatementPage, 'Loading the statement'),
    ],
  },
  { path: 'keys', element: <KeysTab /> },
  { path: 'members', element: <MembersTab /> },
  { path: 'invoices', element: <InvoicesTab /> },
  { path: 'audit', element: <AuditTab /> },
]
