import type { SubmitEvent } from 'react'

import { Button } from '@/components/button'
import { Field } from '@/components/field'
import { Notice } from '@/components/notice'
import { Select } from '@/components/select'
import { TextInput } from '@/components/text-input'
import { useSettingsMutation } from '@/components/use-settings-mutation'
import { call } from '@/lib/api/client'
import { ApiError } from '@/lib/api/problem'
import { membersQuery, tenantPath } from '@/lib/api/queries'
import type { SentInvitation } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { CopyInvitationLink } from './copy-invitation-link'
import { rolesFrom } from './roles'

type NewInvitation = { email: string; role: string }

export function InviteForm() {
  const { id, role } = useTenant()
  const invitation = useSettingsMutation<NewInvitation, SentInvitation>({
    change: (given) => call(`${tenantPath(id)}/members`, { method: 'PUT', body: given }),
    outdated: [membersQuery(id).queryKey],
    done: ({ email }, { mailed }) =>
      mailed ? `${email} is invited. We email them within about a minute.` : `${email} is invited.`,
  })
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const given = Object.fromEntries(new FormData(form)) as NewInvitation
    invitation.mutate({ ...given, email: given.email.trim() }, { onSuccess: () => form.reset() })
  }
  return (
    <>
      <form
        onSubmit={submit}
        noValidate
        className="flex flex-col items-stretch gap-4 sm:flex-row sm:items-start"
      >
        <div className="min-w-0 flex-1">
          <Field label="Email" error={emailProblem(invitation.error)}>
            <TextInput name="email" type="email" autoComplete="off" autoCapitalize="none" required />
          </Field>
        </div>
        <div className="min-w-0 flex-1">
          <Field label="Role">
            <Select name="role" options={rolesFrom(role)} />
          </Field>
        </div>
        <Button type="submit" variant="primary" loading={invitation.isPending} className="sm:mt-6.5">
          Invite
        </Button>
      </form>
      {invitation.data?.mailed === false && (
        <Notice
          title="They were already emailed today. Copy the link instead."
          action={<CopyInvitationLink invitation={invitation.data} />}
        />
      )}
    </>
  )
}

function emailProblem(error: Error | null): string | undefined {
  return error instanceof ApiError ? (error.field('email') ?? error.message) : error?.message
}
