// Around the tenant's own pages. Firestore refuses its listeners to operators, so the page asks again and again.
import { useQuery } from '@tanstack/react-query'
import { Outlet, useOutletContext } from 'react-router'

import { ErrorState } from '@/components/error-state'
import { Notice } from '@/components/notice'
import { PageSkeleton } from '@/components/page-skeleton'
import { ReadOnly } from '@/features/billing/read-only'
import { usageQuery } from '@/lib/api/queries'
import type { PlatformTenant } from '@/lib/api/types'
import type { TenantContext } from '@/lib/tenant'

const REFETCH_MS = 30_000

export function UsageTab() {
  const { id, name } = useOutletContext<PlatformTenant>()
  const usage = useQuery({ ...usageQuery(id), refetchInterval: REFETCH_MS })
  return (
    <>
      <Notice title={`You are viewing ${name} as an operator. Read only.`}>
        You see what a member of the tenant sees. Figures update every 30 seconds.
      </Notice>
      {usage.data ? (
        <ReadOnly value>
          <Outlet context={{ id, name, role: 'member', usage: usage.data } satisfies TenantContext} />
        </ReadOnly>
      ) : usage.error ? (
        <ErrorState level={1} title="Could not load usage" query={usage} />
      ) : (
        <PageSkeleton label="Loading usage" />
      )}
    </>
  )
}
