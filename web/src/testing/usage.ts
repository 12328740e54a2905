// An answer about usage for tests: a tenant on Starter in the middle of November, with what a test changes in it.
import type { Aggregate, Alert, Amounts, DayRow, SeriesRow, Usage } from '@/lib/api/types'

import { STARTER } from './plans'

/** Amounts of nothing, but for what is given. */
export function amounts(
  given: Partial<Omit<Amounts, 'tokens'>> & { tokens?: Partial<Amounts['tokens']> } = {},
): Amounts {
  const none = { input: 0, output: 0, total: 0, cache_read: 0, cache_write: 0, reasoning: 0 }
  return {
    calls: 0,
    tool_calls: 0,
    errors: 0,
    unpriced_calls: 0,
    incomplete_calls: 0,
    latency_ms: 0,
    cost_usd: '0.000000000',
    cost_status: 'complete',
    ...given,
    tokens: { ...none, ...given.tokens },
  }
}

const MINI: SeriesRow = {
  provider: 'openai',
  model: 'gpt-4.1-mini',
  category: 'llm',
  ...amounts({
    calls: 300,
    latency_ms: 90_000,
    cost_usd: '30.000000000',
    tokens: { input: 200_000, output: 50_000, total: 250_000, cache_read: 40_000 },
  }),
}
const SONNET: SeriesRow = {
  provider: 'anthropic',
  model: 'claude-sonnet-4-5',
  category: 'llm',
  ...amounts({
    calls: 50,
    errors: 2,
    latency_ms: 60_000,
    cost_usd: '12.500000000',
    tokens: { input: 40_000, output: 10_000, total: 50_000 },
  }),
}
const TODAY = amounts({
  calls: 10,
  cost_usd: '1.000000001',
  tokens: { input: 8_000, output: 2_000, total: 10_000 },
})
const BEFORE = amounts({
  calls: 340,
  errors: 2,
  latency_ms: 150_000,
  cost_usd: '41.499999999',
  tokens: { input: 232_000, output: 58_000, total: 290_000, cache_read: 40_000 },
})
const DAYS: DayRow[] = [
  { date: '2026-11-21', ...BEFORE },
  { date: '2026-11-22', ...TODAY },
]

function breakdownOf({ tokens, ...row }: SeriesRow): Aggregate['by_model'][string] {
  const { calls, unpriced_calls, incomplete_calls, cost_usd, cost_status } = row
  return { calls, unpriced_calls, incomplete_calls, tokens: tokens.total, cost_usd, cost_status }
}

/** Usage of 300,000 of 500,000 tokens and 40 of 100 runs, on 22 November at noon; with `changes` instead of its parts. */
export function usageOf(changes: Partial<Usage> = {}): Usage {
  return {
    tenant: { id: 'acme', name: 'Acme Inc.', role: 'owner', time_zone: 'UTC' },
    aggregate: {
      tenant_id: 'acme',
      period_start: '2026-11-01T00:00:00Z',
      period_end: '2026-12-01T00:00:00Z',
      updated_at: '2026-11-22T12:00:00Z',
      total_runs: 40,
      total_llm_calls: 350,
      total_tool_calls: 0,
      total_errors: 2,
      total_tokens: amounts({
        tokens: { input: 240_000, output: 60_000, total: 300_000, cache_read: 40_000 },
      }).tokens,
      total_latency_ms: 150_000,
      total_cost_usd: '42.500000000',
      cost_status: 'complete',
      unpriced_calls: 0,
      incomplete_calls: 0,
      by_provider: { anthropic: breakdownOf(SONNET), openai: breakdownOf(MINI) },
      by_model: { 'claude-sonnet-4-5': breakdownOf(SONNET), 'gpt-4.1-mini': breakdownOf(MINI) },
      series: [SONNET, MINI],
    },
    status: {
      plan: 'starter',
      token_usage_percent: 60,
      run_usage_percent: 40,
      soft_limit_reached: false,
      hard_limit_reached: false,
      tokens_used: 300_000,
      runs_used: 40,
      tokens_remaining: 200_000,
      runs_remaining: 60,
      tokens_held: 0,
      period_start: '2026-11-01T00:00:00Z',
      period_resets_at: '2026-12-01T00:00:00Z',
      cost_used_usd: '42.50',
      cost_limit_usd: null,
      cost_remaining_usd: null,
      cost_usage_percent: null,
      cost_is_complete: true,
      cost_held_usd: '0.00',
    },
    limits: {
      tokens: 500_000,
      runs: 100,
      requests_per_minute: 30,
      soft_percent: 80,
      hard_percent: 100,
      soft_tokens: 400_000,
      hard_tokens: 500_000,
      soft_runs: 80,
      hard_runs: 100,
      provider_cost_usd: null,
      soft_provider_cost_usd: null,
      hard_provider_cost_usd: null,
      grants: [],
    },
    billing: {
      plan: 'starter',
      plan_version: 1,
      plan_name: 'Starter',
      plan_terms: STARTER,
      status: 'active',
      interval: 'month',
      current_period_end: '2026-12-26T00:00:00Z',
      next_invoice_at: '2026-12-26T00:00:00Z',
      cancel_at_period_end: false,
      plan_ends_at: null,
      trial_end: null,
      past_due_since: null,
      ends_at: null,
      scheduled_plan: null,
      scheduled_plan_name: null,
      scheduled_interval: null,
      scheduled_at: null,
      alerts: [],
    },
    daily: DAYS,
    forecast: {
      tokens: { at_end: 418_604, soft_reached_at: '2026-11-29T15:36:00Z', reached_at: null },
      runs: { at_end: 55, soft_reached_at: null, reached_at: null },
      cost_usd_at_end: '59.302325581',
      cost_status: 'complete',
      cost_soft_reached_at: null,
      cost_reached_at: null,
      basis_days: 2,
      reason: null,
    },
    live: { counters: ['20261122.0'], ask_every_s: null },
    tag_names: [],
    by_name: null,
    ...changes,
  }
}

/** Alert at 80% of tokens, with `changes` instead of its parts. */
export function alertOf(changes: Partial<Alert> = {}): Alert {
  return {
    id: 'a',
    period_start: '2026-11-01T00:00:00Z',
    metric: 'tokens',
    threshold_percent: 80,
    used: 400_000,
    limit: 500_000,
    reached_at: '2026-11-20T10:00:00Z',
    used_usd: null,
    limit_usd: null,
    cost_is_complete: null,
    budget: null,
    ...changes,
  }
}
