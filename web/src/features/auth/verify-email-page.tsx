// Asks to confirm the email, and notices when that happened in another tab.
import { useEffect, useState } from 'react'
import { Navigate, useSearchParams } from 'react-router'

import { Button } from '@/components/button'
import { LocalMail } from '@/components/local-mail'
import { Notice } from '@/components/notice'
import { afterSignIn } from '@/lib/session/return-path'
import { reloadAccount, signOut } from '@/lib/session/session'
import { useSession } from '@/lib/session/store'

import { resendVerificationMail } from './firebase-auth'
import { AuthLayout } from './auth-layout'
import { useAuthAttempt } from './use-auth-attempt'

const RESEND_AFTER_SECONDS = 30

export function VerifyEmailPage() {
  const session = useSession()
  const [search] = useSearchParams()
  const [hasAsked, setHasAsked] = useState(false)
  const { attempt, busy, problem } = useAuthAttempt()
  const resend = useResend(attempt)
  useLookAgainOnFocus()
  if (session.status !== 'signed-in') return null // the guard leads elsewhere
  if (session.user.emailVerified) return <Navigate to={afterSignIn(search)} replace />
  const check = async () => {
    if (await attempt(reloadAccount)) setHasAsked(true)
  }
  return (
    <AuthLayout
      title="Confirm your email"
      lead={`We sent a link to ${session.user.email}. Open it, then return to this page.`}
    >
      <LocalMail />
      {problem && <Notice tone="danger" title={problem.message} />}
      {hasAsked && !problem && (
        <Notice tone="warn" title="Not confirmed yet">
          Open the link in the email first.
        </Notice>
      )}
      {resend.wasSent && <Notice tone="ok" title="Email sent" />}
      <Button variant="primary" block loading={busy} onClick={() => void check()}>
        I confirmed my email
      </Button>
      <Button block disabled={resend.seconds > 0} onClick={() => void resend.send()}>
        {resend.seconds > 0 ? `Resend in ${resend.seconds} s` : 'Resend email'}
      </Button>
      <Button variant="ghost" block onClick={() => void signOut()}>
        Use a different account
      </Button>
    </AuthLayout>
  )
}

/** Limit how often the email is sent. */
function useResend(attempt: (action: () => Promise<void>) => Promise<boolean>) {
  const [seconds, setSeconds] = useState(0)
  const [wasSent, setWasSent] = useState(false)
  useEffect(() => {
    if (seconds === 0) return
    const timer = setTimeout(() => setSeconds(seconds - 1), 1000)
    return () => clearTimeout(timer)
  }, [seconds])
  const send = async () => {
    if (!(await attempt(resendVerificationMail))) return
    setWasSent(true)
    setSeconds(RESEND_AFTER_SECONDS)
  }
  return { seconds, wasSent, send }
}

function useLookAgainOnFocus() {
  useEffect(() => {
    // Ignore failures: the button reports them.
    const look = () => void reloadAccount().catch(() => undefined)
    window.addEventListener('focus', look)
    return () => window.removeEventListener('focus', look)
  }, [])
}
