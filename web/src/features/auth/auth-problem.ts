// Firebase's refusals in words for the person at the door.
export type AuthProblem = { field: 'email' | 'password' | null; message: string }

const WRONG: AuthProblem = { field: 'password', message: 'The email address or the password is wrong.' }

const PROBLEMS: Record<string, AuthProblem> = {
  'auth/invalid-credential': WRONG,
  'auth/invalid-login-credentials': WRONG,
  'auth/user-not-found': WRONG,
  'auth/wrong-password': WRONG,
  'auth/invalid-email': { field: 'email', message: 'This is not an email address.' },
  'auth/missing-email': { field: 'email', message: 'Enter your email address.' },
  'auth/missing-password': { field: 'password', message: 'Enter your password.' },
  'auth/weak-password': {
    field: 'password',
    message: 'This password is too weak: use at least 8 characters.',
  },
  'auth/email-already-in-use': {
    field: 'email',
    message: 'There is an account with this address already. Sign in instead.',
  },
  'auth/user-disabled': {
    field: null,
    message: 'This account is disabled. Ask the people who run this service to enable it.',
  },
  'auth/too-many-requests': {
    field: null,
    message: 'There were too many attempts. Wait a few minutes, then try again.',
  },
  'auth/network-request-failed': {
    field: null,
    message: 'The sign-in service did not answer. Check your connection, then try again.',
  },
  'auth/popup-blocked': {
    field: null,
    message: 'The browser blocked the window of Google. Allow it, then try again.',
  },
  'auth/account-exists-with-different-credential': {
    field: null,
    message: 'There is an account with this address already. Sign in with its password.',
  },
  'auth/operation-not-allowed': { field: null, message: 'This way to sign in is not switched on here.' },
}

const TURNED_BACK = ['auth/popup-closed-by-user', 'auth/cancelled-popup-request', 'auth/user-cancelled']

/** What to tell about `error`; null if the person only turned back. */
export function authProblem(error: unknown): AuthProblem | null {
  const code = (error as { code?: string }).code ?? ''
  if (TURNED_BACK.includes(code)) return null
  return (
    PROBLEMS[code] ?? {
      field: null,
      message: `Sign-in failed${code ? ` (${code})` : ''}. Try again in a moment.`,
    }
  )
}
