// The configuration comes from the host, so one build runs everywhere that has no auth domain of its own.
import { initializeApp, type FirebaseApp, type FirebaseOptions } from 'firebase/app'
import {
  browserLocalPersistence,
  connectAuthEmulator,
  indexedDBLocalPersistence,
  initializeAuth,
  type Auth,
} from 'firebase/auth'

type WebConfig = FirebaseOptions & { emulators?: { auth: string; firestore: string } }

export type Firebase = { app: FirebaseApp; auth: Auth; firestoreEmulator: string | undefined }

const INIT_URL = '/__/firebase/init.json'
// Hosting knows only its own domain; the deploy says another one when it builds.
const AUTH_DOMAIN = import.meta.env['VITE_AUTH_DOMAIN'] as string | undefined

let started: Promise<Firebase> | undefined

/** Return the app. Rejects if the host does not serve its configuration. */
export function firebase(): Promise<Firebase> {
  started ??= start().catch((error: unknown) => {
    started = undefined
    throw error
  })
  return started
}

/** Return true on the local stack; false also when that is not known. */
export async function isOnEmulators(): Promise<boolean> {
  return firebase().then(
    ({ firestoreEmulator }) => firestoreEmulator !== undefined,
    () => false,
  )
}

async function start(): Promise<Firebase> {
  const response = await fetch(INIT_URL)
  if (!response.ok) throw new Error(`${INIT_URL} answered ${response.status}`)
  const { emulators, ...options } = (await response.json()) as WebConfig
  const app = initializeApp(AUTH_DOMAIN ? { ...options, authDomain: AUTH_DOMAIN } : options)
  // Not getAuth: it would load the code for pop-ups, which only Google's button needs.
  const auth = initializeAuth(app, { persistence: [indexedDBLocalPersistence, browserLocalPersistence] })
  if (emulators) connectAuthEmulator(auth, `http://${emulators.auth}`, { disableWarnings: true })
  return { app, auth, firestoreEmulator: emulators?.firestore }
}
