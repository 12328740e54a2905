// Whether a plan has really changed, by what the API says of it: never by an address that claims so.
import { isGranted } from './subscription'
import type { BillingState } from '@/lib/api/types'

import type { PlanFacts } from './departure'

/** "changed": since the departure. "subscribed": there is a subscription, but nothing tells what was before. */
export type Confirmation = 'changed' | 'subscribed' | 'not-yet'

export function confirmationOf(now: BillingState, before: PlanFacts | null): Confirmation {
  if (!isGranted(now)) return 'not-yet'
  if (before === null) return 'subscribed'
  const isSame = now.plan === before.plan && now.status === before.status && now.interval === before.interval
  return isSame ? 'not-yet' : 'changed'
}
