// What the layout gives a page of the tenant "acme".
import type { Role, Usage } from '@/lib/api/types'
import type { TenantContext } from '@/lib/tenant'

import { FREE } from './plans'
import { amounts, usageOf } from './usage'

const LIMITS = { tokens: 50_000, runs: 10, requests_per_minute: 10, soft_percent: 80, hard_percent: 100 }

/** A Free tenant without usage. */
export function unusedUsage(role: Role = 'owner'): Usage {
  const { aggregate, status, billing } = usageOf()
  const none = {
    total_runs: 0,
    total_llm_calls: 0,
    total_errors: 0,
    total_latency_ms: 0,
    total_cost_usd: '0',
  }
  const unused = {
    token_usage_percent: 0,
    run_usage_percent: 0,
    tokens_used: 0,
    runs_used: 0,
    cost_used_usd: '0.00',
  }
  return usageOf({
    tenant: { id: 'acme', name: 'Acme', role, time_zone: 'UTC' },
    aggregate: {
      ...aggregate,
      ...none,
      total_tokens: amounts().tokens,
      by_provider: {},
      by_model: {},
      series: [],
    },
    status: status && {
      ...status,
      ...unused,
      plan: 'free',
      tokens_remaining: LIMITS.tokens,
      runs_remaining: LIMITS.runs,
    },
    limits: {
      ...LIMITS,
      soft_tokens: 40_000,
      hard_tokens: 50_000,
      soft_runs: 8,
      hard_runs: 10,
      provider_cost_usd: null,
      soft_provider_cost_usd: null,
      hard_provider_cost_usd: null,
      grants: [],
    },
    billing: {
      ...billing,
      plan: 'free',
      plan_name: 'Free',
      plan_terms: FREE,
      status: 'none',
      interval: null,
      current_period_end: null,
      next_invoice_at: null,
    },
    daily: [],
    forecast: null,
    live: null,
  })
}

export function tenantOf(role: Role = 'owner', usage: Usage = unusedUsage(role)): TenantContext {
  return { id: 'acme', name: 'Acme', role, usage }
}
