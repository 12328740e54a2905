// Times in the reader's zone; the exact instant is in the title and the datetime attribute.
import { useEffect, useState } from 'react'

import { formatDay, formatInstant, formatInstantExact, formatRelative } from '@/lib/format'

type InstantProps = { at: string; className?: string }

/** Day, minute and zone, or with `day` the day alone. */
export function Instant({ at, day = false, className }: InstantProps & { day?: boolean }) {
  return (
    <time dateTime={at} title={formatInstantExact(at)} className={className}>
      {day ? formatDay(at) : formatInstant(at)}
    </time>
  )
}

/** "2 minutes ago", kept current. */
export function RelativeTime({ at, className }: InstantProps) {
  const now = useNow()
  return (
    <time dateTime={at} title={formatInstantExact(at)} className={className}>
      {formatRelative(at, now)}
    </time>
  )
}

const REFRESH_MS = 30_000

function useNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), REFRESH_MS)
    return () => clearInterval(timer)
  }, [])
  return now
}
