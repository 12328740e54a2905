// The API's answers. Instants are ISO 8601 strings in UTC, money is a decimal string in USD.

export type Role = 'owner' | 'admin' | 'member'

export type Me = {
  user: Person
  tenants: Membership[]
  invitations: Invitation[]
}
export type Person = { id: string; email: string | null; name: string | null; email_verified: boolean }
export type Membership = { id: string; name: string; plan: string; role: Role }
export type Invitation = {
  tenant_id: string
  tenant_name: string
  role: Role
  invited_by: string
  expires_at: string
}

export type Plan = {
  id: string
  name: string
  tokens_per_period: number
  runs_per_period: number
  requests_per_minute: number
  usd_monthly: string
  usd_yearly: string
  yearly_saving_percent: number
}

export type TokenSums = {
  input: number
  output: number
  total: number
  cache_read: number
  cache_write: number
  reasoning: number
}
export type Amounts = {
  calls: number
  tool_calls: number
  errors: number
  unpriced_calls: number
  latency_ms: number
  tokens: TokenSums
  cost_usd: string
}
export type SeriesRow = Amounts & { provider: string; model: string }
export type DayRow = Amounts & { date: string }
export type BreakdownRow = { calls: number; tokens: number; cost_usd: string }

export type Aggregate = {
  tenant_id: string
  period_start: string
  period_end: string
  updated_at: string
  total_runs: number
  total_llm_calls: number
  total_tool_calls: number
  total_errors: number
  total_tokens: TokenSums
  total_latency_ms: number
  total_cost_usd: string
  unpriced_calls: number
  by_provider: Record<string, BreakdownRow>
  by_model: Record<string, BreakdownRow>
  series: SeriesRow[]
}
export type LimitStatus = {
  plan: string
  token_usage_percent: number
  run_usage_percent: number
  soft_limit_reached: boolean
  hard_limit_reached: boolean
  tokens_used: number
  runs_used: number
  tokens_remaining: number
  runs_remaining: number
  tokens_held: number
  period_start: string
  period_resets_at: string
}
export type Limits = { tokens: number; runs: number; soft_percent: number; hard_percent: number }
export type MetricForecast = { at_end: number; soft_reached_at: string | null; reached_at: string | null }
export type Forecast = {
  tokens: MetricForecast | null
  runs: MetricForecast | null
  cost_usd_at_end: string | null
  basis_days: number
  reason: 'too_little_data' | 'period_over' | null
}
export type LiveSources = {
  period_key: string
  period_start: string
  period_end: string
  folded_at: string
  days: string[]
  counters: string[]
  counted: SeriesRow[]
}
export type BillingState = {
  plan: string
  plan_name: string | null
  status: string
  interval: 'month' | 'year' | null
  current_period_end: string | null
  cancel_at_period_end: boolean
  plan_ends_at: string | null
  trial_end: string | null
  past_due_since: string | null
}
/** A tenant as its caller sees it; only a key has no role. */
export type TenantSeen = { id: string; name: string; role: Role | null }
export type Usage = {
  tenant: TenantSeen
  aggregate: Aggregate
  status: LimitStatus | null
  limits: Limits | null
  billing: BillingState
  daily: DayRow[]
  forecast: Forecast | null
  live: LiveSources | null
}

export type Granularity = 'hour' | 'day'
export type GroupBy = 'provider' | 'model'
export type SeriesPoint = Amounts & { start: string; provider: string | null; model: string | null }
export type Series = {
  from: string
  to: string
  granularity: Granularity
  group_by: GroupBy | null
  points: SeriesPoint[]
}

export type Run = Amounts & {
  id: string
  status: string
  began_at: string
  last_at: string
  duration_ms: number
}
export type RunPage = { runs: Run[]; next_cursor: string | null }

export type UsageEvent = {
  id: string
  ts: string
  category: string
  provider: string
  model: string
  status: string | null
  tokens: Record<`${keyof TokenSums}_tokens`, number> | null
  latency_ms: number | null
  cost_usd: string | null
  price_source: string | null
  user_id: string | null
  run_id: string | null
  workflow_id: string | null
  request_id: string | null
  metadata: Record<string, unknown> | null
}
export type EventPage = { events: UsageEvent[]; next_cursor: string | null }

export type Invoice = {
  id: string
  number: string | null
  status: string
  currency: string
  total: number
  amount_due: number
  amount_paid: number
  amount_remaining: number
  created: string
  period_start: string
  period_end: string
  attempt_count: number
  next_payment_attempt: string | null
  hosted_invoice_url: string | null
  invoice_pdf: string | null
  failed_at: string | null
}
export type InvoicePage = { invoices: Invoice[]; next_cursor: string | null }

export type Scope = 'usage:write' | 'usage:read' | 'limits:read' | 'billing:write'
export type ApiKey = {
  id: string
  label: string
  prefix: string
  scopes: Scope[]
  created_at: string
  expires_at: string | null
  revoked_at: string | null
  last_used_at: string | null
  status: 'active' | 'expired' | 'revoked'
}
export type NewApiKey = { api_key: ApiKey; secret: string }

export type Member = { id: string; email: string; name: string | null; role: Role; joined_at: string }
export type Invite = {
  id: string
  email: string
  role: Role
  invited_by: string
  invited_at: string
  expires_at: string
}
export type Members = { members: Member[]; invites: Invite[] }

export type Alert = {
  id: string
  period_start: string
  metric: 'tokens' | 'runs'
  threshold_percent: number
  used: number
  limit: number
  reached_at: string
}
export type AlertPage = { alerts: Alert[]; next_cursor: string | null }
