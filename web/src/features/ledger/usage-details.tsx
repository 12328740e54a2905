// Everything below the first row, loaded after it.
import { InvoicesSection } from '@/features/billing/invoices-section'
import type { Usage } from '@/lib/api/types'
import type { TenantContext } from '@/lib/tenant'

import { Breakdown } from './breakdown'
import { TrendCard } from './trend-card'
import { FirstEvent } from '@/features/metering/first-event'
import { RecentAlerts } from '@/features/notices/recent-alerts'
import { SummaryCard } from './summary-card'
import { useComparison } from './use-comparison'

export function CurrentDetails({ tenant }: { tenant: TenantContext }) {
  const { usage, id } = tenant
  const comparison = useComparison(usage)
  return (
    <>
      {isEmpty(usage) ? (
        <FirstEvent tenant={tenant} />
      ) : (
        <>
          <TrendCard key={usage.aggregate.period_start} usage={usage} isCurrent comparison={comparison} />
          <SummaryCard aggregate={usage.aggregate} comparison={comparison} />
          <Breakdown usage={usage} />
        </>
      )}
      {usage.status?.soft_limit_reached === true && <RecentAlerts usage={usage} />}
      <InvoicesSection tenant={id} />
    </>
  )
}

/** Past periods have no limits and no forecast. */
export function PastDetails({ usage }: { usage: Usage }) {
  const comparison = useComparison(usage)
  return (
    <>
      <SummaryCard aggregate={usage.aggregate} comparison={comparison} />
      <TrendCard key={usage.aggregate.period_start} usage={usage} isCurrent={false} comparison={comparison} />
      <Breakdown usage={usage} />
    </>
  )
}

function isEmpty({ aggregate, daily }: Usage): boolean {
  return daily.length === 0 && aggregate.total_runs === 0 && aggregate.series.length === 0
}
