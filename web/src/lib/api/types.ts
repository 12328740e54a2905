// Short names for schema.ts, which `make types` writes from the OpenAPI document.

// Instants are ISO 8601 strings in UTC, money is a decimal string in USD.
import type { components } from './schema'

type Schemas = components['schemas']

export type Me = Schemas['MeResponse']
export type Membership = Schemas['MembershipResponse']
export type Role = Membership['role']
export type Invitation = Schemas['ReceivedInvitationResponse']

export type Plan = Schemas['PlanResponse']
export type Interval = NonNullable<Schemas['CheckoutBody']['interval']>

export type Usage = Schemas['UsageResponse']
export type Aggregate = Schemas['Aggregate']
export type SeriesRow = Schemas['SeriesRow']
export type Amounts = Omit<SeriesRow, 'provider' | 'model' | 'category'>
export type DayRow = Schemas['DayRow']
export type LimitStatus = Schemas['LimitStatus']
export type Limits = Schemas['LimitsResponse']
export type Grant = Limits['grants'][number]
export type Forecast = Schemas['ForecastResponse']
export type MetricForecast = Schemas['MetricForecastResponse']
export type Live = Schemas['LiveResponse']
export type BillingState = Schemas['Billing']
export type BillingAlert = BillingState['alerts'][number]

export type Series = Schemas['SeriesResponse']
/** The steps and the splits that the chart offers; the API has more. */
export type Granularity = Extract<Series['granularity'], 'hour' | 'day'>
export type NamedSeries = Schemas['NamedSeriesResponse']
export type Top = Schemas['TopResponse']
export type NamedRow = Schemas['NamedRow']
export type GroupBy = Extract<Series['group_by'], 'provider' | 'model'>

export type Comparison = Schemas['ComparisonResponse']
export type DayAmounts = NonNullable<Comparison['days'][number]['sum']>

export type Statement = Schemas['StatementResponse']
export type StatementMonth = Schemas['MonthResponse']

export type Run = Schemas['RunResponse']
export type RunPage = Schemas['RunsResponse']
export type RunTree = Schemas['RunTreeResponse']
export type RunInTree = RunTree['runs'][number]
export type UsageEvent = Schemas['EventResponse']
export type EventPage = Schemas['EventsResponse']
export type Explanation = Schemas['ExplainResponse']

export type Invoice = Schemas['InvoiceResponse']
export type InvoicePage = Schemas['InvoicesResponse']

export type ApiKey = Schemas['KeyResponse']
export type NewApiKey = Schemas['NewKeyResponse']
export type Scope = ApiKey['scopes'][number]

export type Member = Schemas['MemberResponse']
export type Members = Schemas['MembersResponse']
/** An invitation as the tenant sees it: not accepted yet. */
export type PendingInvitation = Schemas['InvitationResponse']
export type SentInvitation = Schemas['SentInvitationResponse']

export type Alert = Schemas['AlertResponse']
export type AlertPage = Schemas['AlertsResponse']
export type Recipient = Schemas['RecipientResponse']
export type Recipients = Schemas['RecipientsResponse']
export type Thresholds = Schemas['ThresholdsResponse']

export type Budget = Schemas['BudgetResponse']
export type BudgetUse = Budget['uses'][number]
export type BudgetScope = Budget['scope']
export type WantedBudget = Schemas['BudgetBody']
export type Budgets = Schemas['BudgetsResponse']

export type Refusals = Schemas['RefusalsResponse']
export type RefusedRuns = Refusals['refused'][number]

export type Endpoint = Schemas['EndpointResponse']
export type EndpointWithSecret = Schemas['SecretResponse']
export type Delivery = Schemas['DeliveryResponse']
export type DeliveryPage = Schemas['DeliveriesResponse']

export type ConfirmedMail = Schemas['ConfirmedResponse']
export type StoppedMail = Schemas['StoppedResponse']

/** What operators read. */
export type TenantRow = Schemas['TenantRowResponse']
export type TenantRows = Schemas['TenantsResponse']
export type PlatformTenant = Schemas['shared__http__people__tenant_responses__TenantResponse']
export type OwnLimits = PlatformTenant['own_limits']
export type TenantGrant = PlatformTenant['grants'][number]
export type PlanTable = Schemas['PlanTable']
export type PlatformPlans = Schemas['PlatformPlansResponse']
export type PlanChanges = Schemas['PlanChangesResponse']
export type Margins = Schemas['MarginsResponse']
export type PlanMargin = Schemas['PlanMargin']
export type TenantMargin = Schemas['TenantMarginRow']
export type MonthMargin = Schemas['MonthMarginRow']
export type TenantMargins = Schemas['TenantMarginsResponse']
export type MarginSums = Omit<MonthMargin, 'month'>
export type Overview = Schemas['OverviewResponse']
export type UnpricedModel = Schemas['UncertainModelResponse']
export type SystemState = Schemas['SystemResponse']
export type Tick = Schemas['TickResponse']
export type StripeFailure = Schemas['StripeFailureResponse']
export type DeadLetter = Schemas['DeadLetterResponse']
export type OperatorNotice = Schemas['OperatorNoticeResponse']
export type Setting = Schemas['SettingResponse']
/** As the API answers it: with every field. */
export type Price = Required<Schemas['PriceModel']>
type WithPrices<Response, Names extends keyof Response> = Omit<Response, Names> & Record<Names, Price[]>
export type PriceBook = WithPrices<Schemas['PlatformPricesResponse'], 'prices'>
export type PriceChanges = WithPrices<Schemas['PriceChangesResponse'], 'added' | 'removed'>
export type Reconciliation = Schemas['ReconciliationResponse']
export type AuditEntry = Schemas['AuditEntryResponse']
export type AuditPage = Schemas['AuditResponse']

export type Problem = Schemas['ProblemDocument']
export type FieldProblem = Schemas['FieldProblem']
