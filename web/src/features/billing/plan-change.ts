// Compares a plan of the catalog with the tenant's plan.
import { isSubscriber } from './subscription'
import type { BillingState, Interval, Plan } from '@/lib/api/types'

export type PlanChange = 'current' | 'other-interval' | 'upgrade' | 'downgrade' | 'cancel'

/** Find the tenant's plan in the catalog; its id may differ in billing, its name does not. */
export function currentPlan(plans: readonly Plan[], billing: BillingState): Plan | undefined {
  return plans.find(({ id }) => id === billing.plan) ?? plans.find(({ name }) => name === billing.plan_name)
}

export function isFree({ usd_monthly }: Plan): boolean {
  return Number(usd_monthly) === 0
}

/** `plans` is the catalog, lowest first: its order decides what is up and what is down. */
export function planChange(
  plans: readonly Plan[],
  plan: Plan,
  interval: Interval,
  billing: BillingState,
): PlanChange {
  const current = currentPlan(plans, billing)
  if (plan.id === current?.id) {
    const isPaidOtherwise =
      isSubscriber(billing) && billing.interval !== null && billing.interval !== interval
    return isPaidOtherwise && !isFree(plan) ? 'other-interval' : 'current'
  }
  if (isFree(plan)) return 'cancel'
  return current && plans.indexOf(plan) < plans.indexOf(current) ? 'downgrade' : 'upgrade'
}

export function changeLabel(change: Exclude<PlanChange, 'current'>, plan: Plan, interval: Interval): string {
  const labels = {
    'other-interval': interval === 'year' ? 'Switch to yearly' : 'Switch to monthly',
    upgrade: `Upgrade to ${plan.name}`,
    downgrade: `Downgrade to ${plan.name}`,
    cancel: `Downgrade to ${plan.name}`,
  }
  return labels[change]
}
