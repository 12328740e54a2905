// Usage that moves: the API's answer, with what Firestore tells of since added, and asked for anew where only the API knows.
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'

import { usageQuery } from '@/lib/api/queries'
import type { Usage } from '@/lib/api/types'

import { decodeCounter } from './counters'
import { growthOf, type Heard } from './growth'
import type { LiveState } from './live-status'
import { mergeLive } from './merge'
import { newRenewal, type Renewal } from './renewal'
import { listenToFirestore, sourcesOf, type Listen } from './sources'
import { onReturn, useListening } from './use-listening'

/** How long after a day's or a period's end the API is asked: its clock may be behind a little. */
const AFTER_MIDNIGHT_MS = 2_000
const NOTHING: Heard = new Map()

/** `read` as it is by now, and how live that is. The answer stays as it is where listeners cannot be heard. */
export function useLiveUsage(
  read: Usage,
  listen: Listen = listenToFirestore,
): { usage: Usage; state: LiveState } {
  const { heard, foldedAt_ms, listener } = useHeard(read)
  const state = useListening(sourcesOf(read), listener, listen)
  const renew = useRenewal(read.tenant.id)
  const usage = useMemo(() => mergeLive(read, heard), [read, heard])

  const latest = useRef(read)
  useEffect(() => {
    latest.current = read
  }, [read])
  useEffect(() => {
    // Only what was heard asks, never the answer to it: an answer that is behind must not ask without end.
    if (growthOf(latest.current, heard)) renew.soon()
  }, [heard, renew])
  useEffect(() => {
    if (foldedAt_ms !== null && foldedAt_ms > Date.parse(latest.current.live?.folded_at ?? '')) renew.soon()
  }, [foldedAt_ms, renew])
  useEffect(() => {
    if (state === 'denied') renew.now()
    return state === 'live' || state === 'connecting' ? undefined : onReturn(renew.now)
  }, [state, renew])
  useEffect(() => {
    const timer = setTimeout(renew.now, untilNextDay_ms(read) + AFTER_MIDNIGHT_MS)
    return () => clearTimeout(timer)
  }, [read, renew])
  return { usage, state }
}

function useHeard(read: Usage) {
  const { period_start, period_end } = read.aggregate
  const [{ period, heard }, setHeard] = useState({ period: period_start, heard: NOTHING })
  const [foldedAt_ms, setFoldedAt] = useState<number | null>(null)
  const listener = useMemo(() => {
    const within = { start_ms: Date.parse(period_start), end_ms: Date.parse(period_end) }
    const counter = (id: string, fields: unknown) => {
      const rows = decodeCounter(id, fields, within)
      setHeard((before) => {
        // The hours of another period are other sums.
        const known = before.period === period_start ? before.heard : NOTHING
        return { period: period_start, heard: new Map(known).set(id, rows) }
      })
    }
    return { rollup: setFoldedAt, counter }
  }, [period_start, period_end])
  return { heard: period === period_start ? heard : NOTHING, foldedAt_ms, listener }
}

function useRenewal(tenant: string): Renewal {
  const queries = useQueryClient()
  const renewal = useMemo(
    () => newRenewal(() => void queries.invalidateQueries({ queryKey: usageQuery(tenant).queryKey })),
    [queries, tenant],
  )
  useEffect(() => renewal.stop, [renewal])
  return renewal
}

/** From an answer until its day or its period ends, both by the API's clock: the reader's may be wrong. */
function untilNextDay_ms({ aggregate }: Usage): number {
  const answered = new Date(aggregate.updated_at)
  const midnight_ms = Date.UTC(answered.getUTCFullYear(), answered.getUTCMonth(), answered.getUTCDate() + 1)
  return Math.max(0, Math.min(midnight_ms, Date.parse(aggregate.period_end)) - answered.getTime())
}
