// The pages of one tenant, below its frame.
import { lazy, Suspense } from 'react'
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

export const TENANT_PAGES: RouteObject[] = [
  { index: true, element: <TenantOverview /> },
  {
    path: 'usage',
    element: <UsageTab />,
    children: [
      {
        index: true,
        element: (
          <Suspense fallback={<PageSkeleton label="Loading usage" />}>
            <UsagePage />
          </Suspense>
        ),
      },
    ],
  },
  { path: 'keys', element: <KeysTab /> },
  { path: 'members', element: <MembersTab /> },
  { path: 'invoices', element: <InvoicesTab /> },
  { path: 'audit', element: <AuditTab /> },
]
