// Keeps usage current: refetches on changes, on a timer, and after midnight.
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'

import { usageQuery } from '@/lib/api/queries'
import type { Usage } from '@/lib/api/types'
import { useOnline } from '@/lib/online'

import type { LiveState } from './live-status'
import { onReturn } from './on-return'
import { newRefetchThrottle, type RefetchThrottle } from './refetch-throttle'
import { sourcesOf, type Listen } from './sources'
import { useListening, type Listening } from './use-listening'

/** Wait after a day or period ends, because the API's clock may be behind. */
const AFTER_MIDNIGHT_MS = 2_000

/** Firestore's code is larger than the page, so it loads only when something listens. */
const listenToFirestore: Listen = async (sources, handlers) =>
  (await import('./listeners')).listen(sources, handlers)

/** `isOutdated`: the last refetch failed. */
type Shown = { usage: Usage; isOutdated: boolean }

export function useLiveUsage({ usage, isOutdated }: Shown, listen: Listen = listenToFirestore): LiveState {
  const refetch = useRefetchThrottle(usage.tenant.id)
  const listening = useListening(sourcesOf(usage), refetch.changed, listen)
  const askEvery_s = usage.live?.ask_every_s ?? null
  const isOnline = useOnline()
  const state = stateOf(askEvery_s === null ? listening : 'live', isOnline, isOutdated)

  useEffect(() => {
    if (askEvery_s === null) return
    const timer = setInterval(refetch.changed, askEvery_s * 1_000)
    return () => clearInterval(timer)
  }, [askEvery_s, refetch])
  useEffect(() => {
    if (state === 'denied') refetch.now()
    return state === 'live' || state === 'connecting' ? undefined : onReturn(refetch.now)
  }, [state, refetch])
  useEffect(() => {
    const timer = setTimeout(refetch.changed, untilNextDay_ms(usage) + AFTER_MIDNIGHT_MS)
    return () => clearTimeout(timer)
  }, [usage, refetch])
  return state
}

function stateOf(listening: Listening, isOnline: boolean, isOutdated: boolean): LiveState {
  if (listening === 'denied') return 'denied'
  if (!isOnline) return 'offline'
  return isOutdated || listening === 'lost' ? 'failed' : listening
}

function useRefetchThrottle(tenant: string): RefetchThrottle {
  const queries = useQueryClient()
  const throttle = useMemo(() => {
    const { queryKey } = usageQuery(tenant)
    return newRefetchThrottle(() => queries.invalidateQueries({ queryKey }))
  }, [queries, tenant])
  useEffect(() => {
    document.addEventListener('visibilitychange', throttle.resume)
    return () => {
      document.removeEventListener('visibilitychange', throttle.resume)
      throttle.stop()
    }
  }, [throttle])
  return throttle
}

/** By the API's clock, because the reader's may be wrong. */
function untilNextDay_ms({ aggregate }: Usage): number {
  const answered = new Date(aggregate.updated_at)
  const midnight_ms = Date.UTC(answered.getUTCFullYear(), answered.getUTCMonth(), answered.getUTCDate() + 1)
  return Math.max(0, Math.min(midnight_ms, Date.parse(aggregate.period_end)) - answered.getTime())
}
