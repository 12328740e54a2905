// Listens to a tenant's counters and reports the state of the connection.
import { useEffect, useState } from 'react'

import { onReturn } from './on-return'
import type { Listen, SnapshotHandlers, Sources } from './sources'

/** Not connected yet, connected, the server does not answer, no longer allowed, or not to be had at all. */
export type Listening = 'connecting' | 'live' | 'lost' | 'denied' | 'failed'

/** State of listening to one set of documents. */
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

/** The first snapshot of a document means that it is connected; each later one is a change. */
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
      // No snapshot shows if something changed between the response and now, or while the server was away:
      // the browser SDK has no update times. So refetch once whenever all are connected.
      onChange()
    }
  }
}
