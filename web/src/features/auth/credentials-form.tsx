import { Eye, EyeOff } from 'lucide-react'
import { useEffect, useRef, useState, type SubmitEvent, type ReactNode } from 'react'

import { Button, IconButton } from '@/components/button'
import { Field } from '@/components/field'
import { Notice } from '@/components/notice'
import { TextInput } from '@/components/text-input'

import type { Credentials } from './firebase-auth'
import type { AuthProblem } from './auth-problem'

type CredentialsFormProps = {
  submitLabel: string
  isNew: boolean
  busy: boolean
  problem: AuthProblem | null
  passwordAside?: ReactNode
  onSubmit: (credentials: Credentials) => void
}

export function CredentialsForm({
  submitLabel,
  isNew,
  busy,
  problem,
  passwordAside,
  onSubmit,
}: CredentialsFormProps) {
  const form = useRef<HTMLFormElement>(null)
  const [isShown, setShown] = useState(false)
  useEffect(() => {
    if (problem?.field) form.current?.querySelector<HTMLInputElement>('[aria-invalid]')?.focus()
  }, [problem])
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = new FormData(event.currentTarget)
    onSubmit({ email: textOf(given, 'email').trim(), password: textOf(given, 'password') })
  }
  const errorOf = (field: AuthProblem['field']) => (problem?.field === field ? problem.message : undefined)
  return (
    <form ref={form} onSubmit={submit} noValidate className="flex flex-col gap-4">
      {errorOf(null) !== undefined && <Notice tone="danger" title={errorOf(null)} />}
      <Field label="Email" error={errorOf('email')}>
        <TextInput name="email" type="email" autoComplete="email" autoCapitalize="none" required />
      </Field>
      <Field
        label="Password"
        error={errorOf('password')}
        aside={passwordAside}
        {...(isNew && { hint: 'At least 8 characters.' })}
      >
        <span className="relative block">
          <TextInput
            name="password"
            type={isShown ? 'text' : 'password'}
            autoComplete={isNew ? 'new-password' : 'current-password'}
            required
            className="pe-11"
          />
          <IconButton
            aria-label={isShown ? 'Hide password' : 'Show password'}
            icon={isShown ? EyeOff : Eye}
            size="sm"
            onClick={() => setShown(!isShown)}
            className="absolute inset-y-0 end-1 my-auto"
          />
        </span>
      </Field>
      <Button type="submit" variant="primary" block loading={busy}>
        {submitLabel}
      </Button>
    </form>
  )
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}
