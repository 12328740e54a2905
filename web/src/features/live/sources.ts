// What is listened to, and who hears of it: the seam between the hook and Firestore.
import type { Usage } from '@/lib/api/types'

/** The documents of one tenant that tell its usage as it grows. */
export type Sources = { tenant: string; period_key: string; counters: string[] }

export type Ear = {
  /** The rollup, as of `foldedAt_ms`; null if nothing has been folded yet. */
  rollup: (foldedAt_ms: number | null) => void
  /** A counter document's fields; undefined if it does not exist yet. */
  counter: (id: string, fields: unknown) => void
  /** Whether a document ("rollup", or a counter's id) is as the server has it, or could not be asked for. */
  reach: (name: string, isCurrent: boolean) => void
  /** Listening ended: no longer allowed, or for another reason. */
  refuse: (why: 'denied' | 'failed') => void
}

/** Begin to listen; resolves to what ends it. */
export type Listen = (sources: Sources, ear: Ear) => Promise<() => void>

/** What to listen to for an answer; null if it tells of no current period. */
export function sourcesOf({ tenant, live }: Usage): Sources | null {
  return live && { tenant: tenant.id, period_key: live.period_key, counters: live.counters }
}

/** Listens by Firestore, whose code is loaded only now. */
export const listenToFirestore: Listen = async (sources, ear) => {
  const { listen } = await import('./listeners')
  return listen(sources, ear)
}
