// Listens to a tenant's documents while its pages are open, and tells how well that goes.
import { useEffect, useState } from 'react'

import { onReturn } from './on-return'
import type { Listen, SnapshotHandlers, Sources } from './sources'

/** Not connected yet, connected, the server does not answer, no longer allowed, or not to be had at all. */
export type Listening = 'connecting' | 'live' | 'lost' | 'denied' | 'failed'

/** What became of listening to one set of documents; another set begins anew. */
type Attempt = { key: string; listening: Listening }

type Listener = { onChange: () => void; report: (listening: Listening) => void }

/**
 * Call `onChange`, which must not change between renders, whenever `sources` may have changed since they were named.
 * Begins anew when it failed and the reader comes back.
 */
export function useListening(sources: Sources | null, onChange: () => void, listen: Listen): Listening {
  const [attempts, setAttempts] = useState(0)
  const [attempt, setAttempt] = useState<Attempt>({ key: '', listening: 'connecting' })
  const key = sources ? JSON.stringify([sources, attempts]) : ''
  useEffect(() => {
    if (key === '') return
    const [wanted] = JSON.parse(key) as [Sources, number]
    return begin(listen, wanted, { onChange, report: (listening) => setAttempt({ key, listening }) })
  }, [key, onChange, listen])
  const listening = attempt.key === key ? attempt.listening : 'connecting'
  useEffect(
    () => (listening === 'failed' ? onReturn(() => setAttempts((count) => count + 1)) : undefined),
    [listening],
  )
  return listening
}

function begin(listen: Listen, sources: Sources, { onChange, report }: Listener): () => void {
  let isOver = false
  let stop: (() => void) | undefined
  const end = () => {
    isOver = true
    stop?.()
  }
  const refuse = (refused: 'denied' | 'failed') => {
    if (isOver) return
    end()
    report(refused)
  }
  const handle = snapshotHandler(sources, { onChange, report })
  const snapshot = (id: string, isCurrent: boolean) => {
    if (!isOver) handle(id, isCurrent)
  }
  void listen(sources, { snapshot, refuse }).then(
    (stopListening) => {
      stop = stopListening
      if (isOver) stop()
    },
    // The code did not load, or Firebase's configuration is not there.
    () => refuse('failed'),
  )
  return end
}

/** A snapshot of a document that is connected tells of a change; the first one only that the document is connected. */
function snapshotHandler(
  { counters }: Sources,
  { onChange, report }: Listener,
): SnapshotHandlers['snapshot'] {
  const connected = new Set<string>()
  return (id, isCurrent) => {
    if (!isCurrent) {
      connected.delete(id)
      report('lost')
    } else if (connected.has(id)) {
      onChange()
    } else {
      connected.add(id)
      if (connected.size < counters.length) return report('connecting')
      report('live')
      // What changed between the answer and now, or while the server did not answer, no snapshot tells apart from what
      // the answer holds: the browser's Firestore has no update times. One request each time all are connected does.
      onChange()
    }
  }
}
