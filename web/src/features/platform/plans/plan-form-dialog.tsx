import { useId, type SubmitEvent } from 'react'

import { Button } from '@/components/button'
import { Checkbox } from '@/components/checkbox'
import { Dialog } from '@/components/dialog'
import { Field } from '@/components/field'
import { TextInput } from '@/components/text-input'
import type { PlanTable } from '@/lib/api/types'

import { namesOf, PLAN_FIELDS, planOf } from './plan-form'

type PlanFormDialogProps = {
  /** Null for a new plan. */
  plan: PlanTable | null
  aliases: readonly string[]
  onClose: () => void
  onSave: (plan: PlanTable, aliases: string[]) => void
}

export function PlanFormDialog({ plan, aliases, onClose, onSave }: PlanFormDialogProps) {
  const form = useId()
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>
    onSave(planOf(given, plan?.id), namesOf(given.aliases))
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={plan ? `Edit ${plan.name}` : 'Add a plan'}
      description="An empty limit is unlimited, an empty price is not sold."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} variant="primary">
            {plan ? 'Keep changes' : 'Add plan'}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="grid gap-4 sm:grid-cols-2">
        {!plan && (
          <Field label="Id" hint="Small letters, digits and hyphens. It never changes.">
            <TextInput
              name="id"
              required
              pattern="[a-z0-9][a-z0-9\-]{0,31}"
              title="At most 32 small letters, digits and hyphens."
              autoComplete="off"
            />
          </Field>
        )}
        <Field label="Name">
          <TextInput name="name" required maxLength={80} defaultValue={plan?.name} autoComplete="off" />
        </Field>
        {PLAN_FIELDS.map(({ name, label, pattern, title, text }) => (
          <Field key={name} label={label}>
            <TextInput
              name={name}
              pattern={pattern}
              title={title}
              defaultValue={plan ? text(plan) : ''}
              autoComplete="off"
            />
          </Field>
        ))}
        <Field label="Other names" hint="Separated by commas.">
          <TextInput name="aliases" defaultValue={aliases.join(', ')} autoComplete="off" />
        </Field>
        <Checkbox
          name="visible"
          value="true"
          label="Shown to everybody"
          hint="A hidden plan can be given by its id."
          defaultChecked={plan?.visible !== false}
        />
      </form>
    </Dialog>
  )
}
