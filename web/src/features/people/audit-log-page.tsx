import { useInfiniteQuery } from '@tanstack/react-query'

import { pagesQuery } from '@/lib/api/queries'
import type { AuditPage } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { AuditCard } from './audit-card'

export function AuditLogPage() {
  const { id } = useTenant()
  const changes = useInfiniteQuery(pagesQuery<AuditPage>(id, 'audit'))
  return (
    <>
      <title>Audit log · GWI Usage</title>
      <AuditCard
        title="Audit log"
        description="Every change to this tenant, newest first. Entries are kept for two years."
        query={changes}
      />
    </>
  )
}
