// The console's routes that the API does not describe yet.
export type UnpricedModel = {
  provider: string
  model: string
  unpriced_calls: number
  incomplete_calls: number
  tenants: number
}

export type Overview = {
  computed_at: string | null
  last_tick_at: string | null
  fold_lag_seconds: number
  tenants: {
    total: number
    active: number
    suspended: number
    ended: number
    paying: number
    past_due: number
    over_80: number
    over_limit: number
    second_subscriptions: number
  } | null
  money: {
    month: string
    mrr_usd: string
    revenue_usd: string
    unpaid_usd: string
    provider_cost_usd: string
    margin_usd: string
    unpriced_calls: number
    incomplete_calls: number
    is_complete: boolean
    computed_at: string
  } | null
  events_per_minute: number | null
  stripe_failures: number
  dead_letters: number
  outbox: { due: number; oldest_due_at: string | null; failed: number } | null
  models: UnpricedModel[]
}

export type Tick = { at: string; job: string; milliseconds: number; error: string | null }
export type StripeFailure = {
  event_id: string
  type: string
  tenant_id: string | null
  error: string
  attempts: number
  first_at: string
  last_at: string
}
export type DeadLetter = {
  id: string
  kind: 'tick' | 'mail' | 'webhook' | 'operator'
  at: string
  text: string
  attempts: number
  error: string | null
}
export type OperatorNotice = { at: string; title: string; text: string }
export type Setting = { name: string; value: string; description: string }
export type SystemState = {
  ticks: Tick[]
  stripe_failures: StripeFailure[]
  dead_letters: DeadLetter[]
  notices: OperatorNotice[]
  configuration: Setting[]
}

export type Price = {
  tenant_id: string | null
  provider: string
  model: string | null
  model_prefix: string | null
  starts: string
  per_million: Record<string, string>
  per_unit: Record<string, string>
  percent: string | null
  same_as: string | null
}
export type PriceBook = { version: number; prices: Price[] }
export type PriceChanges = {
  version: number
  added: Price[]
  removed: Price[]
  effect: {
    tenants: number
    cost_before_usd: string
    cost_after_usd: string
    negative_before: number
    negative_after: number
    sentences: string[]
    is_cut: boolean
  }
}

export type Reconciliation = { differences: string[]; left: string[]; repaired: boolean }
