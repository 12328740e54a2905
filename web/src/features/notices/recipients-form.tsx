// Emails that receive alerts; an empty list means the owners.
import { X } from 'lucide-react'
import { useState, type SubmitEvent } from 'react'

import { Badge } from '@/components/badge'
import { Button, IconButton } from '@/components/button'
import { Field } from '@/components/field'
import { Notice } from '@/components/notice'
import { TextInput } from '@/components/text-input'
import { useSettingsMutation } from '@/components/use-settings-mutation'
import { call } from '@/lib/api/client'
import { tenantPath } from '@/lib/api/queries'
import type { Recipient, Recipients } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { firstProblem } from './first-problem'
import { alertRecipientsQuery } from './queries'

export function RecipientsForm({ recipients, version }: Recipients) {
  const { id } = useTenant()
  const [typed, setTyped] = useState('')
  const change = useSettingsMutation<string[]>({
    change: (next) =>
      call(`${tenantPath(id)}/alert-recipients`, { method: 'PUT', body: { emails: next, version } }),
    outdated: [alertRecipientsQuery(id).queryKey],
    done: () => 'Recipients saved',
  })
  const emails = recipients.map(({ email }) => email)
  const add = (event: SubmitEvent) => {
    event.preventDefault()
    change.mutate([...emails, typed.trim()], { onSuccess: () => setTyped('') })
  }
  const remove = (email: string) => change.mutate(emails.filter((each) => each !== email))
  return (
    <div className="flex flex-col gap-4">
      {recipients.length === 0 ? (
        <p className="text-ink-soft">Owners receive alerts. Add addresses to send alerts there instead.</p>
      ) : (
        <RecipientList recipients={recipients} busy={change.isPending} onRemove={remove} />
      )}
      <form onSubmit={add} noValidate className="flex flex-col items-start gap-3 sm:flex-row">
        <div className="w-full min-w-0 flex-1">
          <Field
            label="Add an email"
            hint="An address that is not a member's must confirm by a link that we email to it."
            error={firstProblem(change.error)}
          >
            <TextInput
              type="email"
              autoComplete="off"
              autoCapitalize="none"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          </Field>
        </div>
        <Button type="submit" loading={change.isPending} disabled={typed.trim() === ''} className="sm:mt-6.5">
          Add
        </Button>
      </form>
    </div>
  )
}

type RecipientListProps = { recipients: Recipient[]; busy: boolean; onRemove: (email: string) => void }

function RecipientList({ recipients, busy, onRemove }: RecipientListProps) {
  return (
    <>
      {recipients.every(isPending) && (
        <Notice tone="warn" title="Nobody gets alert emails yet">
          Owners get none while this list has addresses. Remove them all to send alerts to the owners again.
        </Notice>
      )}
      <ul className="flex flex-col gap-2">
        {recipients.map((recipient) => (
          <li
            key={recipient.email}
            className="flex items-start gap-2 rounded-lg bg-sunken py-1.5 ps-3 pe-1.5"
          >
            <div className="min-w-0 flex-1 py-0.5">
              <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <span className="min-w-0 wrap-anywhere text-ink">{recipient.email}</span>
                {isPending(recipient) && <Badge tone="warn">Waiting for confirmation</Badge>}
              </div>
              {isPending(recipient) && (
                <p className="mt-0.5 text-xs wrap-anywhere text-ink-soft">
                  We sent a link to {recipient.email}. Alerts start when they confirm.
                </p>
              )}
            </div>
            <IconButton
              aria-label={`Remove ${recipient.email}`}
              icon={X}
              size="sm"
              disabled={busy}
              onClick={() => onRemove(recipient.email)}
            />
          </li>
        ))}
      </ul>
    </>
  )
}

const isPending = ({ status }: Recipient) => status === 'pending'
