// Groups Stripe's subscription states by what the tenant can do.
import type { BillingState } from '@/lib/api/types'

const LIVING = ['trialing', 'active', 'past_due', 'unpaid', 'paused']
const GRANTING = ['trialing', 'active']

/** Return true if there is a subscription; Stripe's portal changes it, and there is never a second. */
export function isSubscriber({ status }: BillingState): boolean {
  return LIVING.includes(status)
}

/** Return true if the subscription is paid or on trial. */
export function isGranted({ status }: BillingState): boolean {
  return GRANTING.includes(status)
}

/** Return true if the tenant has a Stripe customer, so that the portal opens. */
export function isCustomer({ status }: BillingState): boolean {
  return status !== 'none'
}

/** Return the instant until which a payment keeps the plan; null if nothing ends then, or a cancellation does. */
export function endOfGrace({ plan_ends_at, ends_at }: BillingState): string | null {
  return plan_ends_at === ends_at ? null : plan_ends_at
}

/** The plan and the payments of a change that was confirmed and takes effect later. */
export function scheduledName({ scheduled_plan_name, scheduled_interval, interval }: BillingState): string {
  const name = scheduled_plan_name ?? 'another plan'
  if (scheduled_interval === interval) return name
  return `${name}, paid by the ${scheduled_interval ?? 'month'}`
}
