// Listens to a tenant's counters in Firestore. Loaded after the first paint: its code is larger than the page.
import {
  connectFirestoreEmulator,
  doc,
  initializeFirestore,
  memoryLocalCache,
  onSnapshot,
  type DocumentReference,
  type Firestore,
  type FirestoreError,
} from 'firebase/firestore'

import { firebase } from '@/lib/firebase'

import type { SnapshotHandlers, Sources } from './sources'

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

/** Report every change of `sources` to `handlers`. Resolves to a function that stops. */
export async function listen({ tenant, counters }: Sources, handlers: SnapshotHandlers): Promise<() => void> {
  const firestore = await database()
  const stops = counters.map((id) => follow(doc(firestore, 'tenants', tenant, 'counters', id), handlers))
  return () => stops.forEach((stop) => stop())
}

function follow(document: DocumentReference, { snapshot, refuse }: SnapshotHandlers): () => void {
  return onSnapshot(
    document,
    // Metadata changes show if the server still responds, even when no field changed.
    { includeMetadataChanges: true },
    ({ metadata }) => snapshot(document.id, !metadata.fromCache),
    (error: FirestoreError) => refuse(error.code === 'permission-denied' ? 'denied' : 'failed'),
  )
}
