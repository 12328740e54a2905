// Messages for Firebase's error codes.
export type AuthProblem = { field: 'email' | 'password' | null; message: string }

const WRONG: AuthProblem = { field: 'password', message: 'Incorrect email or password.' }

const PROBLEMS: Record<string, AuthProblem> = {
  'auth/invalid-credential': WRONG,
  'auth/invalid-login-credentials': WRONG,
  'auth/user-not-found': WRONG,
  'auth/wrong-password': WRONG,
  'auth/invalid-email': { field: 'email', message: 'Enter a valid email address.' },
  'auth/missing-email': { field: 'email', message: 'Enter your email address.' },
  'auth/missing-password': { field: 'password', message: 'Enter your password.' },
  'auth/weak-password': {
    field: 'password',
    message: 'Use at least 8 characters.',
  },
  'auth/email-already-in-use': {
    field: 'email',
    message: 'This email already has an account. Sign in instead.',
  },
  'auth/user-disabled': {
    field: null,
    message: 'This account is disabled. Contact your administrator to enable it.',
  },
  'auth/too-many-requests': {
    field: null,
    message: 'Too many attempts. Wait a few minutes and try again.',
  },
  'auth/network-request-failed': {
    field: null,
    message: 'The sign-in service did not respond. Check your connection and try again.',
  },
  'auth/popup-blocked': {
    field: null,
    message: 'Your browser blocked the Google window. Allow pop-ups and try again.',
  },
  'auth/account-exists-with-different-credential': {
    field: null,
    message: 'This email already has an account. Sign in with your password.',
  },
  'auth/operation-not-allowed': { field: null, message: 'This sign-in method is not enabled.' },
}

const CANCELED = ['auth/popup-closed-by-user', 'auth/cancelled-popup-request', 'auth/user-cancelled']

/** Return null if the user closed the window. */
export function authProblem(error: unknown): AuthProblem | null {
  const code = (error as { code?: string }).code ?? ''
  if (CANCELED.includes(code)) return null
  return (
    PROBLEMS[code] ?? {
      field: null,
      message: `Sign-in failed${code ? ` (${code})` : ''}. Try again in a moment.`,
    }
  )
}
