// Follows Firebase Auth and provides ID tokens.
import { onIdTokenChanged, signOut as leave, type User } from 'firebase/auth'

import { firebase } from '@/lib/firebase'

import { publishSession, type SignOutReason } from './store'

let account: User | null = null
let stopFollowing: (() => void) | undefined
/** Why the session ended. Firebase ends sessions itself when an account is disabled or its password changes. */
let reason: SignOutReason = null

/** Follow the session; call again to retry. */
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
  account = user
  if (user === null) {
    publishSession({ status: 'signed-out', reason })
    return
  }
  reason = 'expired'
  const { uid: id, email, displayName: name, emailVerified } = user
  publishSession({ status: 'signed-in', user: { id, email: email ?? '', name, emailVerified } })
}

/** Return an ID token, or null if signed out. `fresh` forces a new one. */
export async function idToken(fresh = false): Promise<string | null> {
  return account ? account.getIdToken(fresh) : null
}

/** Reload the account and its token after the email may have been confirmed. */
export async function reloadAccount() {
  if (!account) return
  await account.reload()
  await account.getIdToken(true)
  publishAccount(account)
}

export async function signOut(because: SignOutReason = null) {
  reason = because
  const { auth } = await firebase()
  await leave(auth)
}
