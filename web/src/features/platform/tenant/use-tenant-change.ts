import { call, type ApiRequest } from '@/lib/api/client'
import { tenantPath } from '@/lib/api/queries'
import type { PlatformTenant } from '@/lib/api/types'

import { tenantKey } from '../queries'
import { useOperatorChange } from '../use-operator-change'

type TenantChange = {
  tenant: Pick<PlatformTenant, 'id'>
  /** The request that a filled form makes, below the tenant's path. */
  request: (form: Record<string, string>) => ApiRequest & { path: string }
  done: string
  onDone: () => void
}

/** The keys of all that a change of a tenant makes old. */
export const outdatedBy = (tenant: string) => [
  tenantKey(tenant),
  ['platform', 'tenants'],
  ['platform', 'margins'],
]

export function useTenantChange({ tenant: { id }, request, done, onDone }: TenantChange) {
  return useOperatorChange<Record<string, string>>({
    change: (form) => {
      const { path, ...rest } = request(form)
      return call(`${tenantPath(id)}${path}`, rest)
    },
    outdated: outdatedBy(id),
    done,
    onDone,
  })
}
