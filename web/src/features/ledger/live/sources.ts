// What is listened to, and who is told of it: the seam between the page and Firestore.
import type { Usage } from '@/lib/api/types'

/** The documents of one tenant that change with its usage. */
export type Sources = { tenant: string; counters: string[] }

export type SnapshotHandlers = {
  /** There is a snapshot of a document: as the server has it, or an old one because the server does not answer. */
  snapshot: (id: string, isCurrent: boolean) => void
  /** Listening ended: no longer allowed, or for another reason. */
  refuse: (why: 'denied' | 'failed') => void
}

/** Begin to listen; resolves to what ends it. */
export type Listen = (sources: Sources, handlers: SnapshotHandlers) => Promise<() => void>

/** What to listen to for an answer; null if there is nothing. */
export function sourcesOf({ tenant, live }: Usage): Sources | null {
  return live && live.counters.length > 0 ? { tenant: tenant.id, counters: live.counters } : null
}
