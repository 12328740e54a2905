import type { PlatformTenant, TenantGrant } from '@/lib/api/types'

/** The change whose dialog is open. */
export type TenantTask =
  | { name: 'plan' | 'limits' | 'grant' | 'suspend' | 'resume' | 'end' | 'reconcile' }
  | { name: 'revoke'; grant: TenantGrant }

/** Without `onTask` nothing can be changed any more. */
export type CardProps = { tenant: PlatformTenant; onTask: ((task: TenantTask) => void) | null }
