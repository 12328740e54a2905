// The tenant and the key that the reader's own requests would name.
import { useQuery } from '@tanstack/react-query'

import { apiKeysQuery, meQuery } from '@/lib/api/queries'
import type { ApiKey } from '@/lib/api/types'
import { lastTenant } from '@/lib/last-tenant'
import { useSession } from '@/lib/session/store'
import { mayManage } from '@/lib/tenant'

import type { Reader } from './requests'

const NO_TENANT = 'YOUR_TENANT'
const NO_KEY = 'YOUR_KEY'

export function useReader(): Reader & { isKnown: boolean } {
  const session = useSession()
  const isMember = session.status === 'signed-in' && session.user.emailVerified
  const me = useQuery({ ...meQuery(), enabled: isMember })
  const tenants = isMember ? (me.data?.tenants ?? []) : []
  const tenant = tenants.find(({ id }) => id === lastTenant()) ?? tenants[0]
  const mayListKeys = tenant !== undefined && mayManage(tenant.role)
  const keys = useQuery({ ...apiKeysQuery(tenant?.id ?? ''), enabled: mayListKeys })
  const prefix = mayListKeys ? newestWorking(keys.data ?? [])?.prefix : undefined
  return {
    origin: window.location.origin,
    tenant: tenant?.id ?? NO_TENANT,
    key: prefix === undefined ? NO_KEY : `${prefix}...`,
    isKnown: tenant !== undefined,
  }
}

/** The API lists the newest first. */
const newestWorking = (keys: ApiKey[]) => keys.find(({ status }) => status === 'active')
