// Remembers the ordered plan and the previous one while the browser is at Stripe.
import type { BillingState, Interval } from '@/lib/api/types'

/** Identifies a plan; a different interval counts as a change. */
export type PlanFacts = Pick<BillingState, 'plan' | 'status' | 'interval'>
/** `ends`: the order ends the subscription. */
export type PendingCheckout = { plan: string; interval: Interval; before: PlanFacts; ends?: boolean }

const keyOf = (tenant: string) => `gwi.checkout.${tenant}`

export function rememberCheckout(tenant: string, { plan, interval, before, ends }: PendingCheckout) {
  const facts: PlanFacts = { plan: before.plan, status: before.status, interval: before.interval }
  try {
    sessionStorage.setItem(keyOf(tenant), JSON.stringify({ plan, interval, before: facts, ends }))
  } catch {
    // Without storage, the return page does not know what changed, and says so.
  }
}

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
