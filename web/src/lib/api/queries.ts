// One query per route, so pages share its cached response.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { call } from './client'
import type {
  ApiKey,
  Budgets,
  Granularity,
  InvoicePage,
  Me,
  Members,
  NamedSeries,
  Plan,
  Refusals,
  Run,
  RunPage,
  Series,
  Top,
  Usage,
} from './types'

/** A metering period, or dates of a time zone without the last one. */
export type UsageRange = { period: 'current' | 'previous' } | { from: string; to: string; tz: string }

export const CURRENT: UsageRange = { period: 'current' }

export const tenantPath = (tenant: string) => `/tenants/${encodeURIComponent(tenant)}`

export const meQuery = () =>
  queryOptions({ queryKey: ['me'], queryFn: ({ signal }) => call<Me>('/me', { signal }) })

export const plansQuery = () =>
  queryOptions({
    queryKey: ['plans'],
    queryFn: async ({ signal }) => (await call<{ plans: Plan[] }>('/plans', { signal })).plans,
    staleTime: 60_000,
  })

export const usageQuery = (tenant: string, range: UsageRange = CURRENT) =>
  queryOptions({
    queryKey: ['tenant', tenant, 'usage', range],
    queryFn: ({ signal }) => call<Usage>(`${tenantPath(tenant)}/usage`, { query: range, signal }),
  })

export type SeriesRequest = {
  from: string
  to: string
  tz: string
  granularity: Granularity
  group_by?: string | undefined
}

export const seriesQuery = (tenant: string, request: SeriesRequest) =>
  queryOptions({
    queryKey: ['tenant', tenant, 'series', request],
    queryFn: ({ signal }) =>
      call<Series | NamedSeries>(`${tenantPath(tenant)}/usage/series`, { query: request, signal }),
  })

/** The names that used most in an interval, which the API widens to whole days. */
export type TopRequest = { group_by: string; from: string; to: string; limit: string }

export const topQuery = (tenant: string, request: TopRequest) =>
  queryOptions({
    queryKey: ['tenant', tenant, 'top', request],
    queryFn: ({ signal }) => call<Top>(`${tenantPath(tenant)}/usage/top`, { query: request, signal }),
  })

export const runPath = (tenant: string, run: string) =>
  `${tenantPath(tenant)}/runs/${encodeURIComponent(run)}`

export const eventPath = (tenant: string, event: string) =>
  `${tenantPath(tenant)}/events/${encodeURIComponent(event)}`

export const runsQuery = (tenant: string, query: Record<string, string>) =>
  pagesQuery<RunPage>(tenant, 'runs', query)

export const runQuery = (tenant: string, run: string) =>
  queryOptions({
    queryKey: ['tenant', tenant, 'run', run],
    queryFn: ({ signal }) => call<Run>(runPath(tenant, run), { signal }),
  })

export const invoicesQuery = (tenant: string) => pagesQuery<InvoicePage>(tenant, 'invoices')

export const apiKeysQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['tenant', tenant, 'api-keys'],
    queryFn: async ({ signal }) =>
      (await call<{ api_keys: ApiKey[] }>(`${tenantPath(tenant)}/api-keys`, { signal })).api_keys,
  })

export const membersQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['tenant', tenant, 'members'],
    queryFn: ({ signal }) => call<Members>(`${tenantPath(tenant)}/members`, { signal }),
  })

export const budgetsQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['tenant', tenant, 'budgets'],
    queryFn: ({ signal }) => call<Budgets>(`${tenantPath(tenant)}/budgets`, { signal }),
  })

export const refusalsQuery = (tenant: string) =>
  queryOptions({
    queryKey: ['tenant', tenant, 'refusals'],
    queryFn: ({ signal }) => call<Refusals>(`${tenantPath(tenant)}/refusals`, { signal }),
  })

export const budgetPath = (tenant: string, budget: string) =>
  `${tenantPath(tenant)}/budgets/${encodeURIComponent(budget)}`

export function pagesQuery<Page extends { next_cursor: string | null }>(
  tenant: string,
  name: string,
  filter: Record<string, string | undefined> = {},
  start?: string,
) {
  return infiniteQueryOptions({
    queryKey: ['tenant', tenant, name, filter, ...(start === undefined ? [] : [start])],
    queryFn: ({ pageParam, signal }) =>
      call<Page>(`${tenantPath(tenant)}/${name}`, { query: { ...filter, cursor: pageParam }, signal }),
    initialPageParam: start,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
}
