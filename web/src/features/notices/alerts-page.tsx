import { useInfiniteQuery, useQuery } from '@tanstack/react-query'

import { Card } from '@/components/card'
import { DataTable, type Column } from '@/components/data-table'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Instant } from '@/components/instant'
import { LocalMail } from '@/components/local-mail'
import { Skeleton } from '@/components/skeleton'
import type { Alert } from '@/lib/api/types'
import { capitalized } from '@/lib/format'
import { useTenant } from '@/lib/tenant'

import { subjectOf, usedOfLimit } from './alert-text'
import { alertRecipientsQuery, alertsQuery, alertThresholdsQuery } from './queries'
import { RecipientsForm } from './recipients-form'
import { ThresholdsForm } from './thresholds-form'
import { WebhooksCard } from './webhooks-card'

export function AlertsPage() {
  return (
    <>
      <title>Alerts · GWI Usage</title>
      <Card
        title="Alert recipients"
        description="We email recipients within about a minute of an alert. Of several thresholds reached at once, we email only the highest."
      >
        <div className="flex flex-col gap-4">
          <Recipients />
          <LocalMail />
        </div>
      </Card>
      <Card
        title="Alert thresholds"
        description="Tokens and runs each raise one alert per threshold and metering period."
      >
        <AlertThresholds />
      </Card>
      <WebhooksCard />
      <Card title="Past alerts" flush>
        <PastAlerts />
      </Card>
    </>
  )
}

function Recipients() {
  const { id } = useTenant()
  const recipients = useQuery(alertRecipientsQuery(id))
  if (recipients.error) {
    return <ErrorState title="Could not load recipients" query={recipients} />
  }
  return recipients.data ? <RecipientsForm {...recipients.data} /> : <Skeleton className="h-24" />
}

function AlertThresholds() {
  const { id } = useTenant()
  const thresholds = useQuery(alertThresholdsQuery(id))
  if (thresholds.error) {
    return <ErrorState title="Could not load thresholds" query={thresholds} />
  }
  return thresholds.data ? <ThresholdsForm thresholds={thresholds.data} /> : <Skeleton className="h-20" />
}

function PastAlerts() {
  const { id } = useTenant()
  const alerts = useInfiniteQuery(alertsQuery(id))
  if (alerts.error) {
    return <ErrorState title="Could not load alerts" query={alerts} />
  }
  return (
    <DataTable
      caption="Past alerts"
      columns={COLUMNS}
      rows={alerts.data?.pages.flatMap((page) => page.alerts)}
      rowKey={({ id }) => id}
      loadingRows={2}
      empty={
        <EmptyState
          title="No alerts yet"
          description="Alerts appear here when usage reaches a threshold, or a run uses more than it holds."
        />
      }
      more={alerts}
    />
  )
}

const COLUMNS: readonly Column<Alert>[] = [
  {
    key: 'what',
    header: 'Alert',
    cell: (alert) =>
      alert.run_id === null
        ? `${capitalized(subjectOf(alert))} at ${alert.threshold_percent}%`
        : `Run ${alert.run_id} over its hold`,
  },
  {
    key: 'used',
    header: 'Used',
    align: 'end',
    cell: usedOfLimit,
  },
  { key: 'at', header: 'Reached', cell: ({ reached_at }) => <Instant at={reached_at} /> },
]
