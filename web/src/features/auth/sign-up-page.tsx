import { useLocation } from 'react-router'

import { TextLink } from '@/components/text-link'

import { signInWithGoogle, signUp, type Credentials } from './firebase-auth'
import { CredentialsForm } from './credentials-form'
import { AuthLayout } from './auth-layout'
import { GoogleButton } from './google-button'
import { useAuthAttempt } from './use-auth-attempt'

const MIN_PASSWORD_CHARACTERS = 8

export function SignUpPage() {
  const { search } = useLocation()
  const { attempt, busy, problem, setProblem } = useAuthAttempt()
  const submit = (credentials: Credentials) => {
    if (credentials.password.length < MIN_PASSWORD_CHARACTERS) {
      setProblem({ field: 'password', message: `Use at least ${MIN_PASSWORD_CHARACTERS} characters.` })
    } else {
      void attempt(() => signUp(credentials))
    }
  }
  return (
    <AuthLayout
      title="Create an account"
      lead="See what your agents use, what it costs and when you reach your limits."
      others={
        <>
          Already have an account? <TextLink to={`/sign-in${search}`}>Sign in</TextLink>
        </>
      }
    >
      <GoogleButton busy={busy} onPress={() => void attempt(signInWithGoogle)} />
      <CredentialsForm submitLabel="Create account" isNew busy={busy} problem={problem} onSubmit={submit} />
    </AuthLayout>
  )
}
