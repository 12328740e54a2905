// Remembers, while the browser is at Stripe's, what was ordered and what the plan was before.
import type { BillingState, Interval } from '@/lib/api/types'

/** What tells one plan of a tenant from the next: also the same plan paid another way. */
export type PlanFacts = Pick<BillingState, 'plan' | 'status' | 'interval'>
export type PendingCheckout = { plan: string; interval: Interval; before: PlanFacts }

const keyOf = (tenant: string) => `gwi.checkout.${tenant}`

/** Remember it for this tab. */
export function rememberCheckout(tenant: string, { plan, interval, before }: PendingCheckout) {
  const facts: PlanFacts = { plan: before.plan, status: before.status, interval: before.interval }
  try {
    sessionStorage.setItem(keyOf(tenant), JSON.stringify({ plan, interval, before: facts }))
  } catch {
    // A browser that keeps nothing cannot tell later what changed: the page then says so.
  }
}

/** What was remembered; null if nothing was, or it is not what this app wrote. */
export function pendingCheckout(tenant: string): PendingCheckout | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(keyOf(tenant)) ?? 'null')
    return isPendingCheckout(kept) ? kept : null
  } catch {
    return null
  }
}

function isPendingCheckout(kept: unknown): kept is PendingCheckout {
  const { plan, interval, before } = (kept ?? {}) as Partial<PendingCheckout>
  return (
    typeof plan === 'string' &&
    (interval === 'month' || interval === 'year') &&
    typeof before?.plan === 'string'
  )
}
