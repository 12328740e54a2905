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

export async function signUp({ email, password }: Credentials) {
  const { auth } = await firebase()
  const { user } = await createUserWithEmailAndPassword(auth, email, password)
  await sendEmailVerification(user)
}

export async function signInWithGoogle() {
  const { auth } = await firebase()
  // Imported here because only Google sign-in needs the code for pop-ups.
  const { browserPopupRedirectResolver, signInWithPopup } = await import('firebase/auth')
  await signInWithPopup(auth, new GoogleAuthProvider(), browserPopupRedirectResolver)
}

export async function sendResetMail(email: string) {
  const { auth } = await firebase()
  await sendPasswordResetEmail(auth, email)
}

export async function resendVerificationMail() {
  const { auth } = await firebase()
  if (auth.currentUser) await sendEmailVerification(auth.currentUser)
}
