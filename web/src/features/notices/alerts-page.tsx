// Who is told by mail when a limit comes near, and what was told.
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
        title="Who is told"
        description="One mail when tokens or runs reach the warning mark, and one when they reach the limit, once per period."
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
    return (
      <ErrorState
        title="The recipients could not be read"
        error={recipients.error}
        onRetry={() => void recipients.refetch()}
      />
    )
  }
  return recipients.data ? <RecipientsForm emails={recipients.data} /> : <Skeleton className="h-24" />
}

function PastAlerts() {
  const { id } = useTenant()
  const alerts = useInfiniteQuery(alertsQuery(id))
  if (alerts.error) {
    return (
      <ErrorState
        title="The alerts could not be read"
        error={alerts.error}
        onRetry={() => void alerts.refetch()}
      />
    )
  }
  return (
    <DataTable
      caption="Past alerts"
      columns={COLUMNS}
      rows={alerts.data?.pages.flatMap((page) => page.alerts)}
      rowKey={({ id }) => id}
      loadingRows={2}
      empty={
        <EmptyState title="No limit came near yet" description="Alerts of every period are kept here." />
      }
      more={
        alerts.hasNextPage
          ? { load: () => void alerts.fetchNextPage(), loading: alerts.isFetchingNextPage }
          : undefined
      }
    />
  )
}

const COLUMNS: readonly Column<Alert>[] = [
  {
    key: 'what',
    header: 'Alert',
    cell: ({ metric, threshold_percent }) =>
      `${metric === 'tokens' ? 'Tokens' : 'Runs'} at ${threshold_percent} %`,
  },
  {
    key: 'used',
    header: 'Used',
    align: 'end',
    cell: ({ used, limit }) => `${formatInteger(used)} of ${formatInteger(limit)}`,
  },
  { key: 'at', header: 'Reached', cell: ({ reached_at }) => <Instant at={reached_at} /> },
]
