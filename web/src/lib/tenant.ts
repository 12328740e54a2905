// The tenant whose pages are shown, and what its member may do there.
import { useOutletContext } from 'react-router'

import type { Role, Usage } from '@/lib/api/types'

export type TenantContext = { id: string; name: string; role: Role; usage: Usage }

/** The tenant of the page; only below the tenant's layout. */
export function useTenant(): TenantContext {
  return useOutletContext<TenantContext>()
}

/** Whether a role reaches billing, keys and members. */
export function mayManage(role: Role): boolean {
  return role === 'owner' || role === 'admin'
}
