import { queryOptions, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useSearchParams } from 'react-router'

import { choiceOf } from '@/features/metering/range'
import { call } from '@/lib/api/client'
import { tenantPath, type UsageRange } from '@/lib/api/queries'
import type { Comparison, Usage } from '@/lib/api/types'

/** The period before hardly changes, so the figures of now may be a minute behind in it. */
const REFETCH_MS = 60_000

/** Usage beside that of the interval before, in days of a time zone. */
const comparisonQuery = (tenant: string, range: UsageRange & { tz: string }) =>
  queryOptions({
    queryKey: ['tenant', tenant, 'comparison', range],
    queryFn: ({ signal }) =>
      call<Comparison>(`${tenantPath(tenant)}/usage/comparison`, { query: range, signal }),
  })

/** A comparison, and the time zone of the dates of its intervals. */
export type ShownComparison = Comparison & { zone: string }

/** The shown usage beside that of the period before; undefined until it is read. */
export function useComparison({ tenant }: Usage): ShownComparison | undefined {
  const [search] = useSearchParams()
  const { choice, range } = choiceOf(search, tenant.time_zone)
  const query = comparisonQuery(tenant.id, { ...range, tz: tenant.time_zone })
  const { data } = useQuery({ ...query, refetchInterval: choice === 'current' && REFETCH_MS })
  // Metering periods are in UTC, chosen dates in the tenant's time zone.
  const zone = choice === 'custom' ? tenant.time_zone : 'UTC'
  return useMemo(() => data && { ...data, zone }, [data, zone])
}
