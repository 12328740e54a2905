// What choosing a plan of the catalog means for a tenant: nothing, up, down, or back to Free.
import { isSubscriber } from './subscription'
import type { BillingState, Interval, Plan } from '@/lib/api/types'

export type PlanChange = 'current' | 'other-interval' | 'upgrade' | 'downgrade' | 'cancel'

/** The plan of the catalog that a tenant is on; billing may know it by another id, but not by another name. */
export function currentPlan(plans: readonly Plan[], billing: BillingState): Plan | undefined {
  return plans.find(({ id }) => id === billing.plan) ?? plans.find(({ name }) => name === billing.plan_name)
}

/** Whether a plan is given away. */
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

/** The words on the button that does it. */
export function changeLabel(change: Exclude<PlanChange, 'current'>, plan: Plan, interval: Interval): string {
  const labels = {
    'other-interval': interval === 'year' ? 'Switch to yearly' : 'Switch to monthly',
    upgrade: `Upgrade to ${plan.name}`,
    downgrade: `Downgrade to ${plan.name}`,
    cancel: `Downgrade to ${plan.name}`,
  }
  return labels[change]
}
