// Events of a run, oldest first. The API returns the newest first, so older pages go before.
import { useInfiniteQuery } from '@tanstack/react-query'

import { Button } from '@/components/button'
import { Card } from '@/components/card'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Skeleton } from '@/components/skeleton'
import { runEventsQuery } from '@/lib/api/queries'
import type { Run, UsageEvent } from '@/lib/api/types'
import { formatInteger } from '@/lib/format'
import { useTenant } from '@/lib/tenant'

import { TimelineEvent } from './timeline-event'

export function Timeline({ run }: { run: Run }) {
  const { id } = useTenant()
  const query = useInfiniteQuery(runEventsQuery(id, run.id))
  const events = query.data?.pages.flatMap((page) => page.events).reverse()
  const older = query.hasNextPage && (
    <Button size="sm" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
      Show older events
    </Button>
  )
  return (
    <Card
      title="Timeline"
      description={events && countOf(events.length, query.hasNextPage)}
      actions={older}
      flush
    >
      {query.error && (
        <ErrorState title={events ? 'Could not load older events' : 'Could not load events'} query={query} />
      )}
      {query.isPending && <Loading />}
      {events && <Events run={run} events={events} />}
    </Card>
  )
}

function countOf(count: number, hasOlder: boolean): string {
  const events = `${formatInteger(count)} ${count === 1 ? 'event' : 'events'}`
  return hasOlder ? `The newest ${events}, oldest first.` : `${events}, oldest first.`
}

function Events({ run, events }: { run: Run; events: readonly UsageEvent[] }) {
  if (events.length === 0) {
    return (
      <EmptyState
        title="Events expired"
        description="Events are kept for a limited time. Their totals remain above."
      />
    )
  }
  // A call may start before the run's first event, so scale to the longest.
  const scale_ms = Math.max(run.duration_ms, ...events.map(({ latency_ms }) => latency_ms ?? 0))
  return (
    <ol aria-label="Events, oldest first" className="divide-y divide-line border-t border-line">
      {events.map((event) => (
        <TimelineEvent key={event.id} event={event} began_at={run.began_at} scale_ms={scale_ms} />
      ))}
    </ol>
  )
}

function Loading() {
  return (
    <div className="grid gap-px border-t border-line">
      <p role="status" className="sr-only">
        Loading events
      </p>
      {[1, 2, 3, 4].map((row) => (
        <div key={row} className="grid gap-2 px-4 py-3 sm:px-5">
          <Skeleton className="h-5 w-64 max-w-full" />
          <Skeleton className="h-5 w-96 max-w-full" />
        </div>
      ))}
    </div>
  )
}
