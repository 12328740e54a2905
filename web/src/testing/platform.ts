// The API's responses to operators, for tests.
import type {
  MarginSums,
  Margins,
  Me,
  Overview,
  PlanTable,
  PlatformPlans,
  PlatformTenant,
  Price,
  SystemState,
  TenantRow,
} from '@/lib/api/types'

export const OPERATOR: Me = {
  user: { id: 'ada', email: 'ada@example.com', name: null, email_verified: true },
  tenants: [],
  invitations: [],
  is_operator: true,
}

export const HTML_NAME = '<img src=x onerror=alert(1)>'

/** The platform as of noon, in good order; with `changes` instead of its parts. */
export function overviewOf(changes: Partial<Overview> = {}): Overview {
  return {
    computed_at: '2026-11-22T12:00:00Z',
    last_tick_at: '2026-11-22T12:01:00Z',
    fold_lag_seconds: 42,
    tenants: {
      ...{ total: 10_000, active: 9_990, suspended: 7, ended: 3, paying: 1_200 },
      ...{ past_due: 0, over_80: 0, over_limit: 0, second_subscriptions: 0 },
    },
    money: {
      month: '2026-11',
      mrr_usd: '34800.00',
      revenue_usd: '1000.00',
      unpaid_usd: '0.00',
      provider_cost_usd: '250.000000001',
      margin_usd: '749.999999999',
      unpriced_calls: 0,
      incomplete_calls: 0,
      other_currency_invoices: 0,
      is_complete: true,
      computed_at: '2026-11-22T11:00:00Z',
    },
    events_per_minute: 1_234,
    stripe_failures: 0,
    dead_letters: 0,
    outbox: { due: 0, oldest_due_at: null, failed: 0 },
    models: [],
    ...changes,
  }
}

export const SYSTEM: SystemState = {
  ticks: [{ at: '2026-11-22T12:00:00Z', job: 'fold', milliseconds: 850, error: null }],
  stripe_failures: [],
  dead_letters: [],
  notices: [],
  configuration: [{ name: 'STRIPE_API_KEY', value: 'set', description: 'The key of Stripe.' }],
}

const USAGE: NonNullable<TenantRow['usage']> = {
  tokens: 450_000,
  runs: 12,
  cost_usd: '12.500000000',
  usage_percent: 90,
  over_80: true,
  over_limit: false,
  last_event_at: '2026-11-22T11:00:00Z',
  period_end: '2026-12-01T00:00:00Z',
  folded_at: '2026-11-22T11:50:00Z',
}

export function rowOf(changes: Partial<TenantRow> = {}): TenantRow {
  return {
    id: 'acme',
    name: 'Acme Inc.',
    plan: 'starter',
    plan_version: 1,
    status: 'active',
    subscription_status: 'active',
    past_due: false,
    created_at: '2026-10-01T00:00:00Z',
    mrr_usd: '29.00',
    has_second_subscription: false,
    usage: USAGE,
    ...changes,
  }
}

/** The tenant "acme" on Starter, as operators see it. */
export function platformTenantOf(changes: Partial<PlatformTenant> = {}): PlatformTenant {
  return {
    id: 'acme',
    name: 'Acme Inc.',
    plan: 'starter',
    plan_version: 1,
    status: 'active',
    created_at: '2026-10-01T00:00:00Z',
    suspended_at: null,
    ended_at: null,
    metadata: {},
    own_limits: {
      ...{ tokens: null, runs: null, provider_cost_usd: null, requests_per_minute: null },
      ...{ soft_percent: null, hard_percent: null },
    },
    limits: {
      ...{ tokens: 500_000, runs: 100, provider_cost_usd: null, requests_per_minute: 30 },
      ...{ soft_percent: 80, hard_percent: 100 },
    },
    grants: [],
    billing: {
      status: 'active',
      subscription_id: 'sub_1',
      interval: 'month',
      period_start: '2026-11-01T00:00:00Z',
      period_end: '2026-12-01T00:00:00Z',
      cancel_at_period_end: false,
      ends_at: null,
      trial_end: null,
      past_due_since: null,
      scheduled_plan: null,
      scheduled_at: null,
    },
    usage: USAGE,
    version: 'v1',
    ...changes,
  }
}

function planTable(id: string, name: string, month: string | null): PlanTable {
  return { id, name, tokens: 50_000, runs: 10, prices: { month, year: null }, visible: true }
}

export const PLATFORM_PLANS: PlatformPlans = {
  version: 3,
  plans: [planTable('free', 'Free', null), planTable('starter', 'Starter', '29.00')],
  aliases: { small: 'starter' },
  plan_versions: { free: 1, starter: 2 },
}

export function sumsOf(changes: Partial<MarginSums> = {}): MarginSums {
  return {
    revenue_usd: '29.00',
    unpaid_usd: '0.00',
    provider_cost_usd: '40.000000000',
    margin_usd: '-11.000000000',
    unpriced_calls: 0,
    incomplete_calls: 0,
    other_currency_invoices: 0,
    is_complete: true,
    ...changes,
  }
}

export function marginsOf(changes: Partial<Margins> = {}): Margins {
  return {
    month: '2026-11',
    total: { ...sumsOf(), tenants: 1 },
    plans: [{ ...sumsOf(), plan: 'starter', tenants: 1 }],
    tenants: [
      {
        ...sumsOf(),
        ...{ tenant_id: 'acme', name: 'Acme Inc.', plan: 'starter', computed_at: '2026-11-22T03:00:00Z' },
      },
    ],
    next_cursor: null,
    ...changes,
  }
}

export function priceOf(changes: Partial<Price> = {}): Price {
  return {
    tenant_id: null,
    provider: 'openai',
    model: 'gpt-4o',
    model_prefix: null,
    starts: '2026-11-01',
    per_million: { input: '2.50', output: '10' },
    per_unit: {},
    percent: null,
    same_as: null,
    ...changes,
  }
}
