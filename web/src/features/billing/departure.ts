// Remembers, while the browser is at Stripe's, what was ordered and what the plan was before.
import type { BillingState, Interval } from '@/lib/api/types'

/** What tells one plan of a tenant from the next: also the same plan paid another way. */
export type PlanFacts = Pick<BillingState, 'plan' | 'status' | 'interval'>
export type Departure = { plan: string; interval: Interval; before: PlanFacts }

const keyOf = (tenant: string) => `gwi.checkout.${tenant}`

/** Remember it for this tab. */
export function rememberDeparture(tenant: string, { plan, interval, before }: Departure) {
  const facts: PlanFacts = { plan: before.plan, status: before.status, interval: before.interval }
  try {
    sessionStorage.setItem(keyOf(tenant), JSON.stringify({ plan, interval, before: facts }))
  } catch {
    // A browser that keeps nothing cannot tell later what changed: the page then says so.
  }
}

/** What was remembered; null if nothing was, or it is not what this app wrote. */
export function lastDeparture(tenant: string): Departure | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(keyOf(tenant)) ?? 'null')
    return isDeparture(kept) ? kept : null
  } catch {
    return null
  }
}

function isDeparture(kept: unknown): kept is Departure {
  const { plan, interval, before } = (kept ?? {}) as Partial<Departure>
  return (
    typeof plan === 'string' &&
    (interval === 'month' || interval === 'year') &&
    typeof before?.plan === 'string'
  )
}
