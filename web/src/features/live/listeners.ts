// Listens to a tenant's rollup and counters in Firestore. Loaded after the first paint: its code is larger than the page.
import {
  connectFirestoreEmulator,
  doc,
  initializeFirestore,
  memoryLocalCache,
  onSnapshot,
  Timestamp,
  type DocumentReference,
  type Firestore,
  type FirestoreError,
} from 'firebase/firestore'

import { firebase } from '@/lib/firebase'

import type { Ear, Sources } from './sources'

let opened: Promise<Firestore> | undefined

function database(): Promise<Firestore> {
  opened ??= open().catch((error: unknown) => {
    opened = undefined
    throw error
  })
  return opened
}

async function open(): Promise<Firestore> {
  const { app, firestoreEmulator } = await firebase()
  // Nothing is kept on disk: the next person at this browser may be another one.
  const firestore = initializeFirestore(app, { localCache: memoryLocalCache() })
  if (firestoreEmulator) {
    const { hostname, port } = new URL(`http://${firestoreEmulator}`)
    connectFirestoreEmulator(firestore, hostname, Number(port))
  }
  return firestore
}

/** Tell `ear` of every change of `sources`, until the function that is given back is called. */
export async function listen({ tenant, period_key, counters }: Sources, ear: Ear): Promise<() => void> {
  const firestore = await database()
  const stops = [
    follow(doc(firestore, 'tenants', tenant, 'usage', period_key), 'rollup', ear, (fields) =>
      ear.rollup(foldedAt(fields)),
    ),
    ...counters.map((id) =>
      follow(doc(firestore, 'tenants', tenant, 'counters', id), id, ear, (fields) => ear.counter(id, fields)),
    ),
  ]
  return () => stops.forEach((stop) => stop())
}

type Fields = Record<string, unknown> | undefined

function follow(
  document: DocumentReference,
  name: string,
  ear: Ear,
  tell: (fields: Fields) => void,
): () => void {
  return onSnapshot(
    document,
    // The metadata tell whether the server still answers, even where no field changed.
    { includeMetadataChanges: true },
    (snapshot) => {
      const { fromCache } = snapshot.metadata
      if (!fromCache) tell(snapshot.data())
      ear.reach(name, !fromCache)
    },
    (error: FirestoreError) => ear.refuse(error.code === 'permission-denied' ? 'denied' : 'failed'),
  )
}

/** When a rollup was folded, in milliseconds since 1970; null if there is none yet. */
function foldedAt(fields: Fields): number | null {
  return fields?.folded_at instanceof Timestamp ? fields.folded_at.toMillis() : null
}
