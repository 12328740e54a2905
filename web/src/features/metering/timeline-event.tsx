import { Badge } from '@/components/badge'
import { cx } from '@/components/cx'
import type { Tone } from '@/components/tone'
import type { UsageEvent } from '@/lib/api/types'
import { capitalized, formatDuration, formatInstantExact } from '@/lib/format'

import { EventDetails } from './event-details'
import { costNotes, costText, tokenPools } from './event-figures'

type TimelineEventProps = {
  event: UsageEvent
  began_at: string
  /** The duration of a full latency bar. */
  scale_ms: number
}

export function TimelineEvent({ event, began_at, scale_ms }: TimelineEventProps) {
  return (
    <li className="grid gap-1 px-4 py-3 sm:grid-cols-[6rem_minmax(0,1fr)] sm:gap-x-4 sm:px-5">
      <When at={event.ts} began_at={began_at} />
      <div className="grid min-w-0 gap-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-medium wrap-anywhere text-ink">
            {event.provider} / {event.model}
          </span>
          <Badge>{event.category}</Badge>
          <Status status={event.status} />
          <Price event={event} />
        </p>
        <Pools event={event} />
        {event.latency_ms !== null && <Latency latency_ms={event.latency_ms} scale_ms={scale_ms} />}
        <EventDetails event={event} />
      </div>
    </li>
  )
}

function When({ at, began_at }: { at: string; began_at: string }) {
  const since_ms = Math.max(0, Date.parse(at) - Date.parse(began_at))
  return (
    <time
      dateTime={at}
      title={formatInstantExact(at)}
      className="text-xs leading-5 text-ink-faint tabular-nums"
    >
      + {formatDuration(since_ms)}
    </time>
  )
}

const TONES: Record<string, Tone> = { error: 'danger', failed: 'danger', completed: 'ok', started: 'info' }

function Status({ status }: { status: string | null }) {
  return status === null || status === 'ok' ? null : <Badge tone={TONES[status] ?? 'neutral'}>{status}</Badge>
}

function Pools({ event }: { event: UsageEvent }) {
  const pools = tokenPools(event)
  if (pools.length === 0) return null
  return (
    <ul aria-label="Tokens" className="flex flex-wrap gap-x-3 text-xs text-ink-soft tabular-nums">
      {pools.map((pool) => (
        <li key={pool}>{pool}</li>
      ))}
    </ul>
  )
}

function Latency({ latency_ms, scale_ms }: { latency_ms: number; scale_ms: number }) {
  const share = scale_ms === 0 ? 0 : (latency_ms / scale_ms) * 100
  return (
    <div className="flex items-center gap-2 text-xs text-ink-faint tabular-nums">
      <span aria-hidden className="h-1.5 w-40 max-w-[50%] overflow-hidden rounded-full bg-sunken">
        <span className="block h-full min-w-0.5 rounded-full bg-chart-1" style={{ width: `${share}%` }} />
      </span>
      <span>took {formatDuration(latency_ms)}</span>
    </div>
  )
}

function Price({ event }: { event: UsageEvent }) {
  const text = costText(event)
  if (text === null) return null
  const look = event.cost_usd === null ? 'text-xs text-ink-faint' : 'font-medium text-ink tabular-nums'
  return (
    <span title={capitalized(costNotes(event).join('; '))} className={cx('ms-auto', look)}>
      {text}
    </span>
  )
}
