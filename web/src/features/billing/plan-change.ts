// Compares a plan of the catalog with the tenant's plan.
import { isSubscriber } from './subscription'
import type { BillingState, Interval, Plan } from '@/lib/api/types'

export type PlanChange = 'current' | 'other-interval' | 'upgrade' | 'downgrade' | 'cancel'

/** Find the tenant's plan in the catalog; its id may differ in billing, its name does not. */
export function currentPlan(plans: readonly Plan[], billing: BillingState): Plan | undefined {
  return plans.find(({ id }) => id === billing.plan) ?? plans.find(({ name }) => name === billing.plan_name)
}

/** The plans to choose from: those of the catalog, and the tenant's own if it is not among them any more. */
export function choiceOf(plans: readonly Plan[], billing: BillingState): readonly Plan[] {
  const own = billing.plan_terms
  if (own === null || currentPlan(plans, billing)) return plans
  const isLarger = (plan: Plan) => !plan.is_free && monthlyPrice(plan) > monthlyPrice(own)
  const at = plans.findIndex(isLarger)
  return at === -1 ? [...plans, own] : [...plans.slice(0, at), own, ...plans.slice(at)]
}

function monthlyPrice({ usd_monthly, usd_yearly }: Plan): number {
  return usd_monthly === null ? Number(usd_yearly) / 12 : Number(usd_monthly)
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
    return isPaidOtherwise && !plan.is_free ? 'other-interval' : 'current'
  }
  if (plan.is_free) return 'cancel'
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
