// What the state of a subscription means for what its tenant can do about it.
import type { BillingState } from '@/lib/api/types'

const LIVING = ['trialing', 'active', 'past_due', 'unpaid', 'paused']
const GRANTING = ['trialing', 'active']

/** Whether there is a subscription to change: then Stripe's portal changes it, and there is never a second one. */
export function isSubscriber({ status }: BillingState): boolean {
  return LIVING.includes(status)
}

/** Whether a subscription is paid or on trial, and so the reason for the plan. */
export function isGranted({ status }: BillingState): boolean {
  return GRANTING.includes(status)
}

/** Whether Stripe knows the tenant, so that there is a portal to open. */
export function isCustomer({ status }: BillingState): boolean {
  return status !== 'none'
}
