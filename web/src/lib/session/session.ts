// Follows Firebase Auth: fills the session's store, and gives the tokens that the API believes.
import { onIdTokenChanged, signOut as leave, type User } from 'firebase/auth'

import { firebase } from '@/lib/firebase'

import { publishSession, type SignOutReason } from './store'

let account: User | null = null
let stopFollowing: (() => void) | undefined
// Firebase ends a session by itself when the account is disabled or its password changed: unless this page asked.
let reason: SignOutReason = 'expired'

/** Begin to follow; a reader who asks to retry begins again. */
export async function startSession() {
  stopFollowing?.()
  publishSession({ status: 'loading' })
  try {
    const { auth } = await firebase()
    stopFollowing = onIdTokenChanged(auth, publishAccount)
  } catch {
    publishSession({ status: 'unavailable' })
  }
}

function publishAccount(user: User | null) {
  const wasSignedIn = account !== null
  account = user
  if (user === null) {
    publishSession({ status: 'signed-out', reason: wasSignedIn ? reason : null })
    return
  }
  reason = 'expired'
  const { uid: id, email, displayName: name, emailVerified } = user
  publishSession({ status: 'signed-in', user: { id, email: email ?? '', name, emailVerified } })
}

/** A token that the API believes, renewed if it is about to expire or `fresh` is asked for; null if signed out. */
export async function idToken(fresh = false): Promise<string | null> {
  return account ? account.getIdToken(fresh) : null
}

/** Ask Firebase again whether the address has been confirmed, and make the token say so. */
export async function reloadAccount() {
  if (!account) return
  await account.reload()
  await account.getIdToken(true)
  publishAccount(account)
}

/** Sign out; `because` is what the sign-in page then tells. */
export async function signOut(because: SignOutReason = null) {
  reason = because
  const { auth } = await firebase()
  await leave(auth)
}
