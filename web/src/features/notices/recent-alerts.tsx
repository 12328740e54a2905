// Shown only when a threshold was crossed this period.
import { useInfiniteQuery } from '@tanstack/react-query'

import { Badge } from '@/components/badge'
import { Card } from '@/components/card'
import { ErrorState } from '@/components/error-state'
import { Instant } from '@/components/instant'
import { Skeleton } from '@/components/skeleton'
import type { Alert, Usage } from '@/lib/api/types'

import { subjectOf, usedOfLimit } from './alert-text'
import { alertsQuery } from './queries'

const SHOWN = 5
/** The fold writes alerts some minutes later. */
const ASK_EVERY_MS = 30_000

export function RecentAlerts({ usage: { tenant, aggregate, limits } }: { usage: Usage }) {
  const period_ms = Date.parse(aggregate.period_start)
  const isOfPeriod = (alert: Alert) => Date.parse(alert.period_start) === period_ms
  const query = useInfiniteQuery({
    ...alertsQuery(tenant.id),
    // Poll until the alert of this period exists.
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.alerts.some(isOfPeriod)) ? false : ASK_EVERY_MS,
  })
  const { data, error } = query
  const alerts = data?.pages.flatMap((page) => page.alerts).slice(0, SHOWN)
  if (alerts?.length === 0) return null
  return (
    <Card
      title="Recent alerts"
      description="One per threshold and metering period, and one per run over its hold. Recipients and webhooks get the highest new one."
    >
      {alerts && (
        <ul className="divide-y divide-line">
          {alerts.map((alert) => (
            <AlertLine key={alert.id} alert={alert} hardPercent={limits?.hard_percent} />
          ))}
        </ul>
      )}
      {!alerts && error && <ErrorState title="Could not load alerts" query={query} />}
      {!alerts && !error && <Skeleton className="h-9 w-full" />}
    </Card>
  )
}

function AlertLine({ alert, hardPercent = 100 }: { alert: Alert; hardPercent: number | undefined }) {
  const isRun = alert.run_id !== null
  const isHard = !isRun && alert.threshold_percent >= hardPercent
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-2">
      <span className="flex items-center gap-2">
        <Badge tone={isHard ? 'danger' : 'warn'}>{isRun ? 'Over' : `${alert.threshold_percent}%`}</Badge>
        <span>
          of {isRun && 'the '}
          {subjectOf(alert)} used: {usedOfLimit(alert)}
        </span>
      </span>
      <Instant at={alert.reached_at} className="text-xs text-ink-faint" />
    </li>
  )
}
