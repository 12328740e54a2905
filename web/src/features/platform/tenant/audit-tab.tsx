import { useInfiniteQuery } from '@tanstack/react-query'
import { useOutletContext } from 'react-router'

import { Page } from '@/components/page'
import { AuditCard } from '@/features/people/audit-card'
import type { PlatformTenant } from '@/lib/api/types'

import { auditQuery } from '../queries'

export function AuditTab() {
  const { id } = useOutletContext<PlatformTenant>()
  return (
    <Page title="Audit log" description="Every change to this tenant, newest first.">
      <AuditCard query={useInfiniteQuery(auditQuery(id))} />
    </Page>
  )
}
