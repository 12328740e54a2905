import { useSyncExternalStore } from 'react'

/** Null if the user signed out. */
export type SignOutReason = 'expired' | 'disabled' | null

export type SessionUser = { id: string; email: string; name: string | null; emailVerified: boolean }

export type Session =
  | { status: 'loading' }
  | { status: 'unavailable' }
  | { status: 'signed-out'; reason: SignOutReason }
  | { status: 'signed-in'; user: SessionUser }

let session: Session = { status: 'loading' }
const listeners = new Set<() => void>()

export function publishSession(next: Session) {
  session = next
  listeners.forEach((listener) => listener())
}

export function useSession(): Session {
  return useSyncExternalStore(subscribe, () => session)
}

function subscribe(listener: () => void) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
