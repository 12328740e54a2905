import { useState, type SubmitEvent } from 'react'

import { Button } from '@/components/button'
import { Checkbox } from '@/components/checkbox'
import { Dialog } from '@/components/dialog'
import { Field } from '@/components/field'
import { Notice } from '@/components/notice'
import { Select } from '@/components/select'
import { TextInput } from '@/components/text-input'
import { call } from '@/lib/api/client'
import { ApiError } from '@/lib/api/problem'
import { apiKeysQuery, tenantPath } from '@/lib/api/queries'
import type { NewApiKey, Scope } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { AGENT_SCOPES, SCOPES } from './scopes'
import { useSettingsMutation } from '@/components/use-settings-mutation'

type CreateKeyDialogProps = { onClose: () => void; onMade: (made: NewApiKey) => void }
type Order = { label: string; scopes: Scope[]; expires_in_days: number | null }

const FORM = 'create-key'
const NEVER = ''
const EXPIRIES = [
  { value: NEVER, label: 'Never' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In 1 year' },
]

export function CreateKeyDialog({ onClose, onMade }: CreateKeyDialogProps) {
  const { id } = useTenant()
  const [scopes, setScopes] = useState<readonly Scope[]>(AGENT_SCOPES)
  const creation = useSettingsMutation<Order, NewApiKey>({
    change: (order) => call(`${tenantPath(id)}/api-keys`, { method: 'POST', body: order }),
    outdated: [apiKeysQuery(id).queryKey],
    done: null,
    onDone: onMade,
  })
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = Object.fromEntries(new FormData(event.currentTarget)) as { label: string; expiry: string }
    const expires_in_days = given.expiry === NEVER ? null : Number(given.expiry)
    creation.mutate({ label: given.label.trim(), scopes: [...scopes], expires_in_days })
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="Create an API key"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form={FORM}
            variant="primary"
            loading={creation.isPending}
            disabled={scopes.length === 0}
          >
            Create key
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={submit} noValidate className="flex flex-col gap-5">
        <KeyProblem error={creation.error} />
        <Field label="Name" hint="Where you use this key." error={fieldProblem(creation.error, 'label')}>
          <TextInput name="label" maxLength={100} placeholder="Production agents" required />
        </Field>
        <ScopeChoice scopes={scopes} onChange={setScopes} />
        <Field label="Expires" error={fieldProblem(creation.error, 'expires_in_days')}>
          <Select name="expiry" options={EXPIRIES} />
        </Field>
      </form>
    </Dialog>
  )
}

type ScopeChoiceProps = { scopes: readonly Scope[]; onChange: (scopes: readonly Scope[]) => void }

function ScopeChoice({ scopes, onChange }: ScopeChoiceProps) {
  const toggle = (scope: Scope) =>
    onChange(scopes.includes(scope) ? scopes.filter((each) => each !== scope) : [...scopes, scope])
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-2 text-sm font-medium text-ink">Permissions</legend>
      {SCOPES.map(({ scope, label, hint }) => (
        <Checkbox
          key={scope}
          label={label}
          hint={hint}
          checked={scopes.includes(scope)}
          onChange={() => toggle(scope)}
        />
      ))}
      {scopes.length === 0 && <p className="text-xs text-danger-text">Select at least one permission.</p>}
    </fieldset>
  )
}

function KeyProblem({ error }: { error: Error | null }) {
  if (!error || (error instanceof ApiError && error.fields.length > 0)) return null
  return (
    <Notice tone="danger" title="Could not create the key">
      {error.message}
    </Notice>
  )
}

function fieldProblem(error: Error | null, name: string): string | undefined {
  return error instanceof ApiError ? error.field(name) : undefined
}
