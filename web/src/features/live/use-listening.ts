// Listens to a tenant's documents while its pages are open, and tells how well that goes.
import { useEffect, useState, useSyncExternalStore } from 'react'

import type { LiveState } from './live-status'
import type { Ear, Listen, Sources } from './sources'

type Outcome = { reached: ReadonlySet<string>; lost: boolean; refused: 'denied' | 'failed' | null }

/** What became of listening to one set of documents; another set begins anew. */
type Attempt = { key: string; outcome: Outcome }

const NOTHING_YET: Outcome = { reached: new Set(), lost: false, refused: null }

type Change = (before: Outcome) => Outcome

type Listener = Pick<Ear, 'rollup' | 'counter'>

/** Listen to `sources`, telling `listener`, which must not change between renders. Begins anew when it failed and the reader comes back. */
export function useListening(sources: Sources | null, listener: Listener, listen: Listen): LiveState {
  const online = useSyncExternalStore(subscribeToOnline, () => navigator.onLine)
  const [attempts, setAttempts] = useState(0)
  const [attempt, setAttempt] = useState<Attempt>({ key: '', outcome: NOTHING_YET })
  const key = sources ? JSON.stringify([sources, attempts]) : ''
  useEffect(() => {
    if (key === '') return
    const [wanted] = JSON.parse(key) as [Sources, number]
    const report = (change: Change) =>
      setAttempt((before) => ({ key, outcome: change(before.key === key ? before.outcome : NOTHING_YET) }))
    return begin(listen, wanted, listener, report)
  }, [key, listener, listen])
  const outcome = attempt.key === key ? attempt.outcome : NOTHING_YET
  const { refused } = outcome
  useEffect(
    () => (refused === 'failed' ? onReturn(() => setAttempts((count) => count + 1)) : undefined),
    [refused],
  )
  return stateOf(outcome, sources, online)
}

function begin(listen: Listen, sources: Sources, listener: Listener, report: (change: Change) => void) {
  let isOver = false
  let stop: (() => void) | undefined
  const end = () => {
    isOver = true
    stop?.()
  }
  const refuse = (refused: 'denied' | 'failed') => {
    if (isOver) return
    end()
    report((before) => ({ ...before, refused }))
  }
  const reach = (name: string, isCurrent: boolean) => {
    if (!isOver) report((before) => heardFrom(before, name, isCurrent))
  }
  void listen(sources, { ...listener, reach, refuse }).then(
    (stopListening) => {
      stop = stopListening
      if (isOver) stop()
    },
    // The code did not load, or Firebase's configuration is not there.
    () => refuse('failed'),
  )
  return end
}

function heardFrom({ reached, refused }: Outcome, name: string, isCurrent: boolean): Outcome {
  const now = new Set(reached)
  if (isCurrent) now.add(name)
  else now.delete(name)
  return { reached: now, lost: !isCurrent, refused }
}

function stateOf({ reached, lost, refused }: Outcome, sources: Sources | null, online: boolean): LiveState {
  if (refused === 'denied') return 'denied'
  if (!online) return 'offline'
  if (refused === 'failed' || lost) return 'failed'
  const isComplete = sources !== null && ['rollup', ...sources.counters].every((name) => reached.has(name))
  return isComplete ? 'live' : 'connecting'
}

function subscribeToOnline(change: () => void): () => void {
  window.addEventListener('online', change)
  window.addEventListener('offline', change)
  return () => {
    window.removeEventListener('online', change)
    window.removeEventListener('offline', change)
  }
}

/** Call `act` whenever the reader comes back to the page, or the browser to the network; gives what ends that. */
export function onReturn(act: () => void): () => void {
  const seen = () => document.visibilityState === 'visible' && act()
  window.addEventListener('focus', seen)
  window.addEventListener('online', act)
  document.addEventListener('visibilitychange', seen)
  return () => {
    window.removeEventListener('focus', seen)
    window.removeEventListener('online', act)
    document.removeEventListener('visibilitychange', seen)
  }
}
