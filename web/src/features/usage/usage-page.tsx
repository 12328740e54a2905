// The usage of a tenant: how much is used, whether it lasts, what it costs, and what drives it.
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'

import { Button } from '@/components/button'
import { ErrorState } from '@/components/error-state'
import { Notice } from '@/components/notice'
import { Page } from '@/components/page'
import { Skeleton } from '@/components/skeleton'
import { InvoicesSection } from '@/features/billing/invoices-section'
import { usageQuery } from '@/lib/api/queries'
import type { Aggregate, Usage } from '@/lib/api/types'
import { formatDay } from '@/lib/format'
import { useTenant, type TenantContext } from '@/lib/tenant'

import { BreakdownCard } from './breakdown-card'
import { CostCard } from './cost-card'
import { DriversCard } from './drivers-card'
import { FirstEvent } from './first-event'
import { ForecastCard } from './forecast-card'
import { LimitNotices } from './limit-notices'
import { PastSkeleton } from './past-skeleton'
import { PeriodPicker } from './period-picker'
import { choiceOf } from './range'
import { RecentAlerts } from './recent-alerts'
import { SummaryCard } from './summary-card'
import { UsedCard } from './used-card'

export function UsagePage() {
  const tenant = useTenant()
  const [search] = useSearchParams()
  const { choice, range } = choiceOf(search)
  const isCurrent = choice === 'current'
  const past = useQuery({ ...usageQuery(tenant.id, range), enabled: !isCurrent })
  const shown = isCurrent ? tenant.usage : past.data
  return (
    <Page
      title="Usage"
      description={shown ? <Period aggregate={shown.aggregate} /> : <Skeleton className="my-0.5 h-4 w-52" />}
      actions={<PeriodPicker now={tenant.usage.aggregate.updated_at} />}
    >
      <NotRenewed tenant={tenant.id} />
      {isCurrent ? <CurrentUsage tenant={tenant} /> : <PastUsage query={past} />}
    </Page>
  )
}

function CurrentUsage({ tenant }: { tenant: TenantContext }) {
  const { usage, id } = tenant
  return (
    <>
      <LimitNotices tenant={tenant} />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-5 md:grid-cols-2 xl:grid-cols-3">
        <UsedCard usage={usage} />
        <ForecastCard usage={usage} />
        <CostCard usage={usage} />
      </div>
      {isEmpty(usage) ? <FirstEvent tenant={tenant} /> : <CurrentDetails usage={usage} />}
      {usage.status?.soft_limit_reached === true && <RecentAlerts tenant={id} />}
      <InvoicesSection tenant={id} />
    </>
  )
}

function PastUsage({ query: { data, error, isFetching, refetch } }: { query: UseQueryResult<Usage> }) {
  if (data) {
    return (
      <>
        <SummaryCard aggregate={data.aggregate} />
        <DriversCard key={data.aggregate.period_start} usage={data} isCurrent={false} />
        <BreakdownCard series={data.aggregate.series} />
      </>
    )
  }
  if (!error) return <PastSkeleton />
  const retry = () => void refetch()
  return (
    <ErrorState title="This time could not be read" error={error} onRetry={retry} retrying={isFetching} />
  )
}

function CurrentDetails({ usage }: { usage: Usage }) {
  return (
    <>
      <DriversCard key={usage.aggregate.period_start} usage={usage} isCurrent />
      <SummaryCard aggregate={usage.aggregate} />
      <BreakdownCard series={usage.aggregate.series} />
    </>
  )
}

/** Says when figures are old because the API did not answer: the page goes on with what it has. */
function NotRenewed({ tenant }: { tenant: string }) {
  const { error, isFetching, refetch } = useQuery({ ...usageQuery(tenant), refetchOnMount: false })
  if (!error) return null
  const retry = (
    <Button loading={isFetching} onClick={() => void refetch()}>
      Try again
    </Button>
  )
  return (
    <Notice tone="warn" title="The figures could not be renewed" action={retry}>
      What you see may be out of date. {error.message}
    </Notice>
  )
}

/** The days of a period, both included, as they are counted. */
function Period({ aggregate: { period_start, period_end } }: { aggregate: Aggregate }) {
  const lastInstant = Date.parse(period_end) - 1
  return (
    <>
      {formatDay(period_start, 'UTC')} – {formatDay(lastInstant, 'UTC')}{' '}
      <span className="text-ink-faint">(UTC)</span>
    </>
  )
}

function isEmpty({ aggregate, daily }: Usage): boolean {
  return daily.length === 0 && aggregate.total_runs === 0 && aggregate.series.length === 0
}
