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
    stopFollowing = onIdTokenChanged(auth, (user) => void follow(user))
  } catch {
    publishSession({ status: 'unavailable' })
  }
}

/** Publish an account with a token that says what the account says. */
async function follow(user: User | null) {
  account = user
  if (user?.emailVerified && (await isOlderThanConfirmation(user))) {
    // A new token brings this account here again.
    await user.getIdToken(true).catch(() => publishAccount(user))
  } else if (account === user) {
    publishAccount(user)
  }
}

/** Whether the API would still take the address for unconfirmed: a token stays as it is for up to an hour. */
async function isOlderThanConfirmation(user: User): Promise<boolean> {
  try {
    return (await user.getIdTokenResult()).claims.email_verified === false
  } catch {
    return false // Without a token, the first call says what is wrong.
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
