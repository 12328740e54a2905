// The routes of the operator console.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'

import { call } from '@/lib/api/client'
import { pagesQuery, tenantPath } from '@/lib/api/queries'
import type {
  AuditPage,
  Margins,
  Overview,
  PlatformPlans,
  PlatformTenant,
  PriceBook,
  SystemState,
  TenantMargins,
  TenantRows,
} from '@/lib/api/types'

const REFETCH_MS = 30_000

export type Query = Record<string, string | undefined>

export const overviewQuery = () =>
  queryOptions({
    queryKey: ['platform', 'overview'],
    queryFn: ({ signal }) => call<Overview>('/platform/overview', { signal }),
    refetchInterval: REFETCH_MS,
  })

export const systemQuery = () =>
  queryOptions({
    queryKey: ['platform', 'system'],
    queryFn: ({ signal }) => call<SystemState>('/platform/system', { signal }),
    refetchInterval: REFETCH_MS,
  })

export const tenantRowsQuery = (query: Query) =>
  queryOptions({
    queryKey: ['platform', 'tenants', query],
    queryFn: ({ signal }) => call<TenantRows>('/tenants', { query, signal }),
    placeholderData: keepPreviousData,
  })

export const marginsQuery = (query: Query) =>
  queryOptions({
    queryKey: ['platform', 'margins', query],
    queryFn: ({ signal }) => call<Margins>('/platform/margins', { query, signal }),
    placeholderData: keepPreviousData,
  })

export const platformPlansQuery = () =>
  queryOptions({
    queryKey: ['platform', 'plans'],
    queryFn: ({ signal }) => call<PlatformPlans>('/platform/plans', { signal }),
  })

export const pricesQuery = () =>
  queryOptions({
    queryKey: ['platform', 'prices'],
    queryFn: ({ signal }) => call<PriceBook>('/platform/prices', { signal }),
  })

export const platformAuditQuery = () =>
  infiniteQueryOptions({
    queryKey: ['platform', 'audit'],
    queryFn: ({ pageParam, signal }) =>
      call<AuditPage>('/platform/audit', { query: { cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })

/** All that the console reads of one tenant; a change of the tenant makes all of it old. */
export const tenantKey = (tenant: string) => ['tenant', tenant]

export const platformTenantQuery = (tenant: string) =>
  queryOptions({
    queryKey: [...tenantKey(tenant), 'operator'],
    queryFn: ({ signal }) => call<PlatformTenant>(tenantPath(tenant), { signal }),
    refetchInterval: REFETCH_MS,
  })

export const tenantMarginsQuery = (tenant: string) =>
  queryOptions({
    queryKey: [...tenantKey(tenant), 'margins'],
    queryFn: async ({ signal }) =>
      (await call<TenantMargins>(`${tenantPath(tenant)}/margins`, { signal })).months,
  })

export const auditQuery = (tenant: string) => pagesQuery<AuditPage>(tenant, 'audit')
