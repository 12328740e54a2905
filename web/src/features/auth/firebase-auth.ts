// What a person can do at the door: sign in, sign up, get a new password, confirm their address.
import {
  createUserWithEmailAndPassword,
  GoogleAuthProvider,
  sendEmailVerification,
  sendPasswordResetEmail,
  signInWithEmailAndPassword,
} from 'firebase/auth'

import { firebase } from '@/lib/firebase'

export type Credentials = { email: string; password: string }

export async function signIn({ email, password }: Credentials) {
  const { auth } = await firebase()
  await signInWithEmailAndPassword(auth, email, password)
}

/** Make an account and send the mail that confirms its address. */
export async function signUp({ email, password }: Credentials) {
  const { auth } = await firebase()
  const { user } = await createUserWithEmailAndPassword(auth, email, password)
  await sendEmailVerification(user)
}

export async function signInWithGoogle() {
  const { auth } = await firebase()
  // Here, not above: only who presses the button needs the code for pop-ups.
  const { browserPopupRedirectResolver, signInWithPopup } = await import('firebase/auth')
  await signInWithPopup(auth, new GoogleAuthProvider(), browserPopupRedirectResolver)
}

export async function sendResetMail(email: string) {
  const { auth } = await firebase()
  await sendPasswordResetEmail(auth, email)
}

/** Send the mail that confirms the address once more. */
export async function resendVerificationMail() {
  const { auth } = await firebase()
  if (auth.currentUser) await sendEmailVerification(auth.currentUser)
}
