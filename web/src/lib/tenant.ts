import { useOutletContext } from 'react-router'

import type { Role, Usage } from '@/lib/api/types'

export type TenantContext = { id: string; name: string; role: Role; usage: Usage }

/** Works only below TenantLayout. */
export function useTenant(): TenantContext {
  return useOutletContext<TenantContext>()
}

/** Return true for roles that manage billing, keys and members. */
export function mayManage(role: Role): boolean {
  return role === 'owner' || role === 'admin'
}
