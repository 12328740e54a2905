// Tenants as tests see them: what the layout gives to a page.
import type { Amounts, Role, Usage } from '@/lib/api/types'
import type { TenantContext } from '@/lib/tenant'

export const NOTHING: Amounts = {
  calls: 0,
  tool_calls: 0,
  errors: 0,
  unpriced_calls: 0,
  latency_ms: 0,
  tokens: { input: 0, output: 0, total: 0, cache_read: 0, cache_write: 0, reasoning: 0 },
  cost_usd: '0',
}

/** A Free tenant that has used nothing. */
export function unusedUsage(role: Role = 'owner'): Usage {
  const period = { period_start: '2026-11-01T00:00:00Z', period_end: '2026-12-01T00:00:00Z' }
  return {
    tenant: { id: 'acme', name: 'Acme', role },
    aggregate: {
      tenant_id: 'acme',
      ...period,
      updated_at: '2026-11-10T12:00:00Z',
      total_runs: 0,
      total_llm_calls: 0,
      total_tool_calls: 0,
      total_errors: 0,
      total_tokens: NOTHING.tokens,
      total_latency_ms: 0,
      total_cost_usd: '0',
      unpriced_calls: 0,
      by_provider: {},
      by_model: {},
      series: [],
    },
    status: {
      plan: 'free',
      token_usage_percent: 0,
      run_usage_percent: 0,
      soft_limit_reached: false,
      hard_limit_reached: false,
      tokens_used: 0,
      runs_used: 0,
      tokens_remaining: 50_000,
      runs_remaining: 10,
      tokens_held: 0,
      period_start: period.period_start,
      period_resets_at: period.period_end,
    },
    limits: {
      tokens: 50_000,
      runs: 10,
      soft_percent: 80,
      hard_percent: 100,
      soft_tokens: 40_000,
      hard_tokens: 50_000,
      soft_runs: 8,
      hard_runs: 10,
    },
    billing: {
      plan: 'free',
      plan_name: 'Free',
      status: 'none',
      interval: null,
      current_period_end: null,
      next_invoice_at: null,
      cancel_at_period_end: false,
      plan_ends_at: null,
      trial_end: null,
      past_due_since: null,
    },
    daily: [],
    forecast: null,
    live: null,
  }
}

/** What a page of the tenant "acme" gets, for a reader with `role`. */
export function tenantOf(role: Role = 'owner', usage: Usage = unusedUsage(role)): TenantContext {
  return { id: 'acme', name: 'Acme', role, usage }
}
