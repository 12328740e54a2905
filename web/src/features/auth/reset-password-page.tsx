// Sends a reset link, and never reveals if the account exists.
import { useState, type SubmitEvent } from 'react'
import { useLocation } from 'react-router'

import { Button } from '@/components/button'
import { Field } from '@/components/field'
import { LocalMail } from '@/components/local-mail'
import { Notice } from '@/components/notice'
import { TextInput } from '@/components/text-input'
import { TextLink } from '@/components/text-link'

import { sendResetMail } from './firebase-auth'
import { AuthLayout } from './auth-layout'
import { useAuthAttempt } from './use-auth-attempt'

export function ResetPasswordPage() {
  const [sentTo, setSentTo] = useState<string | null>(null)
  const { search } = useLocation()
  const { attempt, busy, problem } = useAuthAttempt()
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget).get('email')
    const email = typeof given === 'string' ? given.trim() : ''
    if (await attempt(() => sendQuietly(email))) setSentTo(email)
  }
  return (
    <AuthLayout
      title="Reset your password"
      others={<TextLink to={`/sign-in${search}`}>Back to sign in</TextLink>}
    >
      {sentTo !== null && (
        <>
          <Notice tone="ok" title="Check your inbox">
            If {sentTo} has an account, we sent a link to reset its password.
          </Notice>
          <LocalMail />
        </>
      )}
      <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
        <Field label="Email" error={problem?.message}>
          <TextInput name="email" type="email" autoComplete="email" autoCapitalize="none" required />
        </Field>
        <Button type="submit" variant="primary" block loading={busy}>
          Send reset link
        </Button>
      </form>
    </AuthLayout>
  )
}

/** Hide that Firebase knows no such account. */
async function sendQuietly(email: string) {
  try {
    await sendResetMail(email)
  } catch (error) {
    if ((error as { code?: string }).code !== 'auth/user-not-found') throw error
  }
}
