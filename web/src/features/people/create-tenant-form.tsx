import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { SubmitEvent } from 'react'
import { useNavigate } from 'react-router'

import { Button } from '@/components/button'
import { Field } from '@/components/field'
import { TextInput } from '@/components/text-input'
import { call } from '@/lib/api/client'
import { ApiError } from '@/lib/api/problem'
import { meQuery } from '@/lib/api/queries'
import type { Membership } from '@/lib/api/types'

const MAX_NAME_CHARACTERS = 200

export function CreateTenantForm() {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const creation = useMutation({
    mutationFn: (name: string) => call<Membership>('/tenants', { method: 'POST', body: { name } }),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries(meQuery())
      await navigate(`/t/${encodeURIComponent(id)}`)
    },
  })
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const name = new FormData(event.currentTarget).get('name')
    creation.mutate(typeof name === 'string' ? name.trim() : '')
  }
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      <Field
        label="Name"
        hint="Your company or team, as it appears on invoices."
        error={nameProblem(creation.error)}
      >
        <TextInput name="name" autoComplete="organization" maxLength={MAX_NAME_CHARACTERS} required />
      </Field>
      <Button type="submit" variant="primary" loading={creation.isPending}>
        Create tenant
      </Button>
    </form>
  )
}

function nameProblem(error: Error | null): string | undefined {
  if (error instanceof ApiError) return error.field('name') ?? error.message
  return error?.message
}
