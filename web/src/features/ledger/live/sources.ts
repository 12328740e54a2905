// The seam between the page and Firestore.
import type { Usage } from '@/lib/api/types'

/** The documents of one tenant that change with its usage. */
export type Sources = { tenant: string; counters: string[] }

export type SnapshotHandlers = {
  /** A document has a snapshot; not current if the server does not respond. */
  snapshot: (id: string, isCurrent: boolean) => void
  /** Listening ended. */
  refuse: (why: 'denied' | 'failed') => void
}

/** Resolves to a function that stops listening. */
export type Listen = (sources: Sources, handlers: SnapshotHandlers) => Promise<() => void>

export function sourcesOf({ tenant, live }: Usage): Sources | null {
  return live && live.counters.length > 0 ? { tenant: tenant.id, counters: live.counters } : null
}
