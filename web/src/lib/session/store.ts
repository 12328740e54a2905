// Who is signed in: one store that the whole app reads. Firebase fills it in the browser, tests by themselves.
import { useSyncExternalStore } from 'react'

/** Why somebody who was signed in no longer is; null if they signed out themselves. */
export type SignOutReason = 'expired' | 'disabled' | null

export type SessionUser = { id: string; email: string; name: string | null; emailVerified: boolean }

export type Session =
  | { status: 'loading' }
  | { status: 'unavailable' }
  | { status: 'signed-out'; reason: SignOutReason }
  | { status: 'signed-in'; user: SessionUser }

let session: Session = { status: 'loading' }
const listeners = new Set<() => void>()

/** Tell everybody who reads the session. */
export function publishSession(next: Session) {
  session = next
  listeners.forEach((listener) => listener())
}

/** The session; the component renders again when it changes. */
export function useSession(): Session {
  return useSyncExternalStore(subscribe, () => session)
}

function subscribe(listener: () => void) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
