import type { BillingState, Interval, Plan } from '@/lib/api/types'
import { formatUsdExact } from '@/lib/format'

/** The interval that a tenant pays by, of those that are sold. */
export function intervalOf({ interval }: BillingState): Interval {
  return interval === 'year' ? 'year' : 'month'
}

/** The price of an interval, without cents where there are none: "$99", "$1,290"; null if it is not sold. */
export function priceOf(plan: Plan, interval: Interval): string | null {
  const usd = interval === 'year' ? plan.usd_yearly : plan.usd_monthly
  return usd === null ? null : formatUsdExact(usd).replace(/\.00$/, '')
}

/** What paying yearly saves on the paid plans: "save 17%", or "save up to 20%" where they differ; null if nothing. */
export function savingOf(plans: readonly Plan[]): string | null {
  const savings = plans.map((plan) => plan.yearly_saving_percent).filter((percent) => percent > 0)
  if (savings.length === 0) return null
  const most = Math.max(...savings)
  return savings.every((percent) => percent === most) ? `save ${most}%` : `save up to ${most}%`
}
