// The last deliveries to an endpoint, kept current while one is pending.
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

import { Badge } from '@/components/badge'
import { DataTable, type Column } from '@/components/data-table'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Instant } from '@/components/instant'
import type { Tone } from '@/components/tone'
import type { Delivery, Endpoint } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { alertEndpointsQuery, deliveriesQuery } from './queries'

const ASK_EVERY_MS = 5_000

const STATUS: Record<Delivery['status'], { tone: Tone; label: string }> = {
  pending: { tone: 'info', label: 'Pending' },
  delivered: { tone: 'ok', label: 'Delivered' },
  failed: { tone: 'danger', label: 'Failed' },
}

export function Deliveries({ endpoint }: { endpoint: Endpoint }) {
  const { id } = useTenant()
  const deliveries = useInfiniteQuery({
    ...deliveriesQuery(id, endpoint.id),
    staleTime: 0,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.deliveries.some(isPending)) ? ASK_EVERY_MS : false,
  })
  useFreshStatus(deliveries.data)
  if (deliveries.error && !deliveries.data) {
    return <ErrorState title="Could not load deliveries" query={deliveries} />
  }
  return (
    <DataTable
      caption={`Deliveries to ${endpoint.url}`}
      columns={COLUMNS}
      rows={deliveries.data?.pages.flatMap((page) => page.deliveries)}
      rowKey={(delivery) => delivery.id}
      loadingRows={2}
      empty={<EmptyState title="No deliveries yet" description="Send a test, or wait for the first alert." />}
      more={deliveries}
    />
  )
}

/** Each attempt may have changed the status of its endpoint. */
function useFreshStatus(deliveries: unknown) {
  const { id } = useTenant()
  const queries = useQueryClient()
  useEffect(() => {
    if (deliveries) void queries.invalidateQueries({ queryKey: alertEndpointsQuery(id).queryKey })
  }, [deliveries, id, queries])
}

const isPending = ({ status }: Delivery) => status === 'pending'

const COLUMNS: readonly Column<Delivery>[] = [
  {
    key: 'type',
    header: 'Type',
    cell: ({ type }) => <span className="font-mono text-xs whitespace-nowrap">{type}</span>,
  },
  {
    key: 'status',
    header: 'Status',
    cell: ({ status }) => <Badge tone={STATUS[status].tone}>{STATUS[status].label}</Badge>,
  },
  { key: 'attempts', header: 'Attempts', align: 'end', cell: ({ attempts }) => attempts },
  {
    key: 'answer',
    header: 'Last answer',
    cell: ({ last_answer }) => (
      <span className="block min-w-40 wrap-anywhere">{last_answer ?? 'None yet'}</span>
    ),
  },
  {
    key: 'created',
    header: 'Created',
    cell: ({ created_at }) => <Instant at={created_at} className="whitespace-nowrap" />,
  },
  {
    key: 'next',
    header: 'Next attempt',
    cell: ({ next_attempt_at }) =>
      next_attempt_at === null ? 'None' : <Instant at={next_attempt_at} className="whitespace-nowrap" />,
  },
]
