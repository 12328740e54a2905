// What comes below the first row: what drives the usage, its sums, alerts and invoices. Loaded after the first figures are there.
import { InvoicesSection } from '@/features/billing/invoices-section'
import type { Usage } from '@/lib/api/types'
import type { TenantContext } from '@/lib/tenant'

import { BreakdownCard } from './breakdown-card'
import { TrendCard } from './trend-card'
import { FirstEvent } from '@/features/metering/first-event'
import { RecentAlerts } from '@/features/notices/recent-alerts'
import { SummaryCard } from './summary-card'

/** Of the current period; while it has nothing, how to send a first event. */
export function CurrentDetails({ tenant }: { tenant: TenantContext }) {
  const { usage, id } = tenant
  return (
    <>
      {isEmpty(usage) ? (
        <FirstEvent tenant={tenant} />
      ) : (
        <>
          <TrendCard key={usage.aggregate.period_start} usage={usage} isCurrent />
          <SummaryCard aggregate={usage.aggregate} />
          <BreakdownCard series={usage.aggregate.series} />
        </>
      )}
      {usage.status?.soft_limit_reached === true && <RecentAlerts usage={usage} />}
      <InvoicesSection tenant={id} />
    </>
  )
}

/** Of another time, which has no limits and no forecast. */
export function PastDetails({ usage }: { usage: Usage }) {
  return (
    <>
      <SummaryCard aggregate={usage.aggregate} />
      <TrendCard key={usage.aggregate.period_start} usage={usage} isCurrent={false} />
      <BreakdownCard series={usage.aggregate.series} />
    </>
  )
}

function isEmpty({ aggregate, daily }: Usage): boolean {
  return daily.length === 0 && aggregate.total_runs === 0 && aggregate.series.length === 0
}
