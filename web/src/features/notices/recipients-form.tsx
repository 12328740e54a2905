// Emails that receive alerts; an empty list means the owners.
import { X } from 'lucide-react'
import { useState, type SubmitEvent } from 'react'

import { Button, IconButton } from '@/components/button'
import { Field } from '@/components/field'
import { TextInput } from '@/components/text-input'
import { call } from '@/lib/api/client'
import { ApiError } from '@/lib/api/problem'
import { alertRecipientsQuery, tenantPath } from '@/lib/api/queries'
import { useTenant } from '@/lib/tenant'

import { useSettingsMutation } from '@/components/use-settings-mutation'

export function RecipientsForm({ emails }: { emails: string[] }) {
  const { id } = useTenant()
  const [typed, setTyped] = useState('')
  const change = useSettingsMutation<string[]>({
    change: (next) => call(`${tenantPath(id)}/alert-recipients`, { method: 'PUT', body: { emails: next } }),
    outdated: [alertRecipientsQuery(id).queryKey],
    done: () => 'Recipients saved',
  })
  const add = (event: SubmitEvent) => {
    event.preventDefault()
    change.mutate([...emails, typed.trim()], { onSuccess: () => setTyped('') })
  }
  const remove = (email: string) => change.mutate(emails.filter((each) => each !== email))
  return (
    <div className="flex flex-col gap-4">
      {emails.length === 0 ? (
        <p className="text-ink-soft">Owners receive alerts. Add addresses to send alerts there instead.</p>
      ) : (
        <ul className="flex flex-wrap gap-2">
          {emails.map((email) => (
            <li key={email} className="flex min-w-0 items-center gap-1 rounded-lg bg-sunken ps-3 text-ink">
              <span className="min-w-0 wrap-anywhere">{email}</span>
              <IconButton
                aria-label={`Remove ${email}`}
                icon={X}
                size="sm"
                disabled={change.isPending}
                onClick={() => remove(email)}
              />
            </li>
          ))}
        </ul>
      )}
      <form onSubmit={add} noValidate className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 grow basis-60">
          <Field label="Add an email" error={problemOf(change.error)}>
            <TextInput
              type="email"
              autoComplete="off"
              autoCapitalize="none"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          </Field>
        </div>
        <Button type="submit" loading={change.isPending} disabled={typed.trim() === ''} className="mt-6.5">
          Add
        </Button>
      </form>
    </div>
  )
}

function problemOf(error: Error | null): string | undefined {
  return error instanceof ApiError ? (error.fields[0]?.message ?? error.message) : error?.message
}
