import { useInfiniteQuery, useQuery } from '@tanstack/react-query'

import { Card } from '@/components/card'
import { DataTable, type Column } from '@/components/data-table'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Instant } from '@/components/instant'
import { Skeleton } from '@/components/skeleton'
import { alertRecipientsQuery, alertsQuery } from '@/lib/api/queries'
import type { Alert } from '@/lib/api/types'
import { formatInteger } from '@/lib/format'
import { useTenant } from '@/lib/tenant'

import { RecipientsForm } from './recipients-form'

export function AlertsPage() {
  return (
    <>
      <title>Alerts · GWI Usage</title>
      <Card
        title="Alert recipients"
        description="We email recipients once per period when tokens or runs reach the alert threshold, and again at the limit."
      >
        <Recipients />
      </Card>
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
  return recipients.data ? <RecipientsForm emails={recipients.data} /> : <Skeleton className="h-24" />
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
        <EmptyState title="No alerts yet" description="Alerts appear here when usage reaches a threshold." />
      }
      more={alerts}
    />
  )
}

const COLUMNS: readonly Column<Alert>[] = [
  {
    key: 'what',
    header: 'Alert',
    cell: ({ metric, threshold_percent }) =>
      `${metric === 'tokens' ? 'Tokens' : 'Runs'} at ${threshold_percent}%`,
  },
  {
    key: 'used',
    header: 'Used',
    align: 'end',
    cell: ({ used, limit }) => `${formatInteger(used)} of ${formatInteger(limit)}`,
  },
  { key: 'at', header: 'Reached', cell: ({ reached_at }) => <Instant at={reached_at} /> },
]
