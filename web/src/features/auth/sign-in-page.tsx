// After sign-in, the guard redirects.
import { useLocation } from 'react-router'

import { Notice } from '@/components/notice'
import { TextLink } from '@/components/text-link'
import { useSession } from '@/lib/session/store'

import { signIn, signInWithGoogle } from './firebase-auth'
import { CredentialsForm } from './credentials-form'
import { AuthLayout } from './auth-layout'
import { GoogleButton } from './google-button'
import { useAuthAttempt } from './use-auth-attempt'

export function SignInPage() {
  const { search } = useLocation()
  const session = useSession()
  const { attempt, busy, problem } = useAuthAttempt()
  const reason = session.status === 'signed-out' ? session.reason : null
  return (
    <AuthLayout
      title="Sign in"
      others={
        <>
          New here? <TextLink to={`/sign-up${search}`}>Create an account</TextLink> or read the{' '}
          <TextLink to="/docs">API reference</TextLink>
        </>
      }
    >
      {reason === 'expired' && (
        <Notice tone="warn" title="Your session has ended">
          Sign in to return to the page you were on.
        </Notice>
      )}
      {reason === 'disabled' && (
        <Notice tone="danger" title="This account is disabled">
          Contact your administrator to enable it.
        </Notice>
      )}
      <GoogleButton busy={busy} onPress={() => void attempt(signInWithGoogle)} />
      <CredentialsForm
        submitLabel="Sign in"
        isNew={false}
        busy={busy}
        problem={problem}
        passwordAside={
          <TextLink to={`/reset-password${search}`} className="text-xs">
            Forgot password?
          </TextLink>
        }
        onSubmit={(credentials) => void attempt(() => signIn(credentials))}
      />
    </AuthLayout>
  )
}
