// The thresholds that were crossed lately. Asked for only where one has been.
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'

import { Badge } from '@/components/badge'
import { Card } from '@/components/card'
import { ErrorState } from '@/components/error-state'
import { Instant } from '@/components/instant'
import { Skeleton } from '@/components/skeleton'
import { alertsQuery } from '@/lib/api/queries'
import type { Alert, Usage } from '@/lib/api/types'
import { formatInteger } from '@/lib/format'

const SHOWN = 5

export function RecentAlerts({ usage: { tenant, aggregate, live } }: { usage: Usage }) {
  const { data, error, refetch, isFetching } = useInfiniteQuery(alertsQuery(tenant.id))
  const all = data?.pages.flatMap((page) => page.alerts)
  const alerts = all?.slice(0, SHOWN)
  const period_ms = Date.parse(aggregate.period_start)
  const isBehind = all !== undefined && !all.some((alert) => Date.parse(alert.period_start) === period_ms)
  const foldedAt = live?.folded_at
  useEffect(() => {
    if (isBehind) void refetch()
  }, [isBehind, foldedAt, refetch])
  // The threshold may have been crossed a moment ago: its alert is written by the next fold, and found after it.
  if (alerts?.length === 0) return null
  return (
    <Card title="Recent alerts" description="Mailed to whom the settings name, once per period.">
      {alerts && (
        <ul className="divide-y divide-line">
          {alerts.map((alert) => (
            <AlertLine key={alert.id} alert={alert} />
          ))}
        </ul>
      )}
      {!alerts && error && (
        <ErrorState
          title="The alerts could not be read"
          error={error}
          onRetry={() => void refetch()}
          retrying={isFetching}
        />
      )}
      {!alerts && !error && <Skeleton className="h-9 w-full" />}
    </Card>
  )
}

function AlertLine({ alert }: { alert: Alert }) {
  const isHard = alert.threshold_percent >= 100
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-2">
      <span className="flex items-center gap-2">
        <Badge tone={isHard ? 'danger' : 'warn'}>{alert.threshold_percent}%</Badge>
        <span>
          of the {alert.metric} used: {formatInteger(alert.used)} of {formatInteger(alert.limit)}
        </span>
      </span>
      <Instant at={alert.reached_at} className="text-xs text-ink-faint" />
    </li>
  )
}
