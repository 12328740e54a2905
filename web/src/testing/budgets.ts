// Budgets of the tenant "acme".
import type { Budget, BudgetUse } from '@/lib/api/types'

/** $500 a month for all usage, with $400 used. */
export function budgetOf(changes: Partial<Budget> = {}): Budget {
  return {
    id: 'all',
    scope: { tenant: true },
    amount_usd: '500.00',
    tokens: null,
    runs: null,
    window: 'month',
    on_reach: 'block',
    thresholds: [80, 100],
    on_unknown_price: 'block',
    counts_from: null,
    uses: [usedOf()],
    version: 'v1',
    ...changes,
  }
}

export function usedOf(changes: Partial<BudgetUse> = {}): BudgetUse {
  return {
    budget_id: 'all',
    scope: { tenant: true },
    value: null,
    window: 'month',
    unit: 'cost',
    limit: '500.00',
    used: '400.129',
    held: '0.00',
    left: '99.871',
    percent: 80.02,
    is_complete: true,
    resets_at: '2026-12-01T00:00:00Z',
    ...changes,
  }
}

/** Tokens a day for each user. */
export function eachUser(used: Record<string, number>): Budget {
  const use = { budget_id: 'users', unit: 'tokens', window: 'day', limit: '1000', held: '0' } as const
  return budgetOf({
    ...{ id: 'users', scope: { user_id: '*' }, amount_usd: null, tokens: 1000, window: 'day' },
    ...{ on_reach: 'warn', on_unknown_price: 'ignore', counts_from: '2026-11-26T14:05:00Z' },
    uses: Object.entries(used).map(([value, amount]) =>
      usedOf({ ...use, value: value || null, used: String(amount), percent: amount / 10 }),
    ),
  })
}
