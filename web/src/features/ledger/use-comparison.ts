import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'

import { choiceOf } from '@/features/metering/range'
import { comparisonQuery } from '@/lib/api/queries'
import type { Comparison, Usage } from '@/lib/api/types'

/** The period before hardly changes, so the figures of now may be a minute behind in it. */
const REFETCH_MS = 60_000

/** The shown usage beside that of the period before; undefined until it is read. */
export function useComparison({ tenant }: Usage): Comparison | undefined {
  const [search] = useSearchParams()
  const { choice, range } = choiceOf(search, tenant.time_zone)
  const query = comparisonQuery(tenant.id, { ...range, tz: tenant.time_zone })
  return useQuery({ ...query, refetchInterval: choice === 'current' && REFETCH_MS }).data
}
