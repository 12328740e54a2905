// The API's types under short names; schema.ts is written from its OpenAPI document by `make types`.
// Instants are ISO 8601 strings in UTC, money is a decimal string in USD.
import type { components } from './schema'

type Schemas = components['schemas']

export type Me = Schemas['MeAnswer']
export type Membership = Schemas['SeatAnswer']
export type Role = Membership['role']
export type Invitation = Schemas['InvitationAnswer']

export type Plan = Schemas['PlanAnswer']
export type Interval = NonNullable<Schemas['CheckoutBody']['interval']>

export type Usage = Schemas['UsageAnswer']
export type Aggregate = Schemas['Aggregate']
export type SeriesRow = Schemas['SeriesRow']
export type Amounts = Omit<SeriesRow, 'provider' | 'model'>
export type DayRow = Schemas['DayRow']
export type BreakdownRow = Schemas['Breakdown']
export type LimitStatus = Schemas['LimitStatus']
export type Limits = Schemas['LimitsAnswer']
export type Forecast = Schemas['ForecastAnswer']
export type MetricForecast = Schemas['MetricForecastAnswer']
export type Live = Schemas['LiveAnswer']
export type BillingState = Schemas['Billing']

export type Series = Schemas['SeriesAnswer']
export type Granularity = Series['granularity']
export type GroupBy = NonNullable<Series['group_by']>

export type Run = Schemas['RunAnswer']
export type RunPage = Schemas['RunsAnswer']
export type UsageEvent = Schemas['EventAnswer']
export type EventPage = Schemas['EventsAnswer']

export type Invoice = Schemas['InvoiceAnswer']
export type InvoicePage = Schemas['InvoicesAnswer']

export type ApiKey = Schemas['KeyAnswer']
export type NewApiKey = Schemas['NewKeyAnswer']
export type Scope = ApiKey['scopes'][number]

export type Members = Schemas['MembersAnswer']
export type Member = Schemas['MemberAnswer']
export type Invite = Schemas['InviteAnswer']

export type Alert = Schemas['AlertAnswer']
export type AlertPage = Schemas['AlertsAnswer']

export type Problem = Schemas['ProblemDocument']
export type FieldProblem = Schemas['FieldProblem']
