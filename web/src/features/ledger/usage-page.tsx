import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { useSearchParams } from 'react-router'

import { Button } from '@/components/button'
import { ErrorState } from '@/components/error-state'
import { Notice } from '@/components/notice'
import { Page } from '@/components/page'
import { Skeleton } from '@/components/skeleton'
import { usageQuery } from '@/lib/api/queries'
import type { Aggregate, Usage } from '@/lib/api/types'
import { formatDay } from '@/lib/format'
import { useTenant, type TenantContext } from '@/lib/tenant'

import { CostCard } from './cost-card'
import { ForecastCard } from '@/features/limits/forecast-card'
import { LimitNotices } from '@/features/limits/limit-notices'
import { PeriodPicker } from './period-picker'
import { choiceOf } from '@/features/metering/range'
import { UsedCard } from '@/features/limits/used-card'

const RefusedRunsNotice = lazy(async () => ({
  default: (await import('@/features/limits/refused-runs')).RefusedRunsNotice,
}))
const CurrentDetails = lazy(async () => ({ default: (await import('./usage-details')).CurrentDetails }))
const PastDetails = lazy(async () => ({ default: (await import('./usage-details')).PastDetails }))

export function UsagePage() {
  const tenant = useTenant()
  const [search] = useSearchParams()
  const zone = tenant.usage.tenant.time_zone
  const { choice, range } = choiceOf(search, zone)
  const isCurrent = choice === 'current'
  const past = useQuery({ ...usageQuery(tenant.id, range), enabled: !isCurrent })
  const shown = isCurrent ? tenant.usage : past.data
  return (
    <Page
      title="Usage"
      description={
        shown ? (
          <Period aggregate={shown.aggregate} zone={choice === 'custom' ? zone : 'UTC'} />
        ) : (
          <Skeleton className="my-0.5 h-4 w-52" />
        )
      }
      actions={<PeriodPicker now={tenant.usage.aggregate.updated_at} zone={zone} />}
    >
      <OutdatedNotice tenant={tenant.id} />
      {isCurrent ? <CurrentUsage tenant={tenant} /> : <PastUsage query={past} />}
    </Page>
  )
}

function CurrentUsage({ tenant }: { tenant: TenantContext }) {
  const { usage } = tenant
  return (
    <>
      <LimitNotices tenant={tenant} />
      <Suspense fallback={null}>
        <RefusedRunsNotice tenant={tenant} />
      </Suspense>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-5 md:grid-cols-2 xl:grid-cols-3">
        <UsedCard usage={usage} />
        <ForecastCard usage={usage} />
        <CostCard usage={usage} />
      </div>
      <Suspense fallback={<DetailsSkeleton />}>
        <CurrentDetails tenant={tenant} />
      </Suspense>
    </>
  )
}

function PastUsage({ query }: { query: UseQueryResult<Usage> }) {
  if (query.error && !query.data) return <ErrorState title="Could not load this period" query={query} />
  if (!query.data) return <DetailsSkeleton />
  return (
    <Suspense fallback={<DetailsSkeleton />}>
      <PastDetails usage={query.data} />
    </Suspense>
  )
}

/** Holds the place of the lazy details. */
function DetailsSkeleton() {
  return (
    <div role="status" className="grid gap-5">
      <span className="sr-only">Loading usage details</span>
      <Skeleton className="h-[28rem] rounded-xl lg:h-[22.5rem]" />
      <Skeleton className="h-44 rounded-xl" />
      <Skeleton className="h-96 rounded-xl" />
    </div>
  )
}

function OutdatedNotice({ tenant }: { tenant: string }) {
  const { error, isFetching, refetch } = useQuery({ ...usageQuery(tenant), refetchOnMount: false })
  if (!error) return null
  const retry = (
    <Button loading={isFetching} onClick={() => void refetch()}>
      Try again
    </Button>
  )
  return (
    <Notice tone="warn" title="Could not update usage" action={retry}>
      Figures may be out of date. {error.message}
    </Notice>
  )
}

/** The days of a period, both included. Metering periods are in UTC, chosen dates in the tenant's time zone. */
function Period({ aggregate: { period_start, period_end }, zone }: { aggregate: Aggregate; zone: string }) {
  const lastInstant = Date.parse(period_end) - 1
  return (
    <>
      {formatDay(period_start, zone)} – {formatDay(lastInstant, zone)}{' '}
      <span className="text-ink-faint">({zone})</span>
    </>
  )
}
