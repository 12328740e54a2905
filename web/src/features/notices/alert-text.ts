// An alert in words.
import type { Alert } from '@/lib/api/types'
import { formatInteger, formatUsdExact, formatUsdFloor } from '@/lib/format'

const METRIC_NAMES = { tokens: 'tokens', runs: 'runs', cost: 'provider cost' } as const

/** What is used up: a metric of the plan, the hold of a run, or a budget, of one value if each has its own. */
export function subjectOf({ metric, budget, run_id }: Alert): string {
  if (run_id !== null) return `hold of run ${run_id}`
  if (budget === null) return METRIC_NAMES[metric]
  return budget.value === null ? `budget ${budget.id}` : `budget ${budget.id} of ${budget.value}`
}

/** The usage beside its limit: "400,000 of 500,000", "at least $8.00 of $10.00". Money is cut, never rounded up. */
export function usedOfLimit({ used, limit, used_usd, limit_usd, cost_is_complete }: Alert): string {
  if (used_usd === null || limit_usd === null) return `${formatInteger(used)} of ${formatInteger(limit)}`
  const atLeast = cost_is_complete === false ? 'at least ' : ''
  return `${atLeast}${formatUsdFloor(used_usd)} of ${formatUsdExact(limit_usd)}`
}
