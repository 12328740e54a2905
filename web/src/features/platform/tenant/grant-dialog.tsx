import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { Field } from '@/components/field'
import { Segmented } from '@/components/segmented'
import { Select } from '@/components/select'
import { TextInput } from '@/components/text-input'
import type { PlatformTenant } from '@/lib/api/types'

import { platformPlansQuery } from '../queries'
import { ReasonDialog } from '../reason-dialog'
import { countOf } from './limit-values'
import { useTenantChange } from './use-tenant-change'

const KINDS = [
  { value: 'tokens', label: 'Tokens' },
  { value: 'runs', label: 'Runs' },
  { value: 'plan', label: 'Plan' },
] as const
type Kind = (typeof KINDS)[number]['value']

export function GrantDialog({ tenant, onClose }: { tenant: PlatformTenant; onClose: () => void }) {
  const [kind, setKind] = useState<Kind>('tokens')
  const change = useTenantChange({
    tenant,
    request: ({ granted, until, reason }) => ({
      path: '/grants',
      method: 'POST',
      body: {
        [kind]: kind === 'plan' ? granted : countOf(granted),
        until: until ? `${until}T00:00:00Z` : null,
        reason,
      },
    }),
    done: `Grant given to ${tenant.name}`,
    onDone: onClose,
  })
  return (
    <ReasonDialog
      title={`Give ${tenant.name} a grant`}
      description="A grant adds to what the plan allows, or gives a better plan. Stripe does not change it."
      confirmLabel="Give grant"
      change={change}
      onClose={onClose}
    >
      <Segmented label="Kind of grant" options={KINDS} value={kind} onChange={setKind} />
      {kind === 'plan' ? (
        <Field label="Plan">
          <PlanSelect />
        </Field>
      ) : (
        <Field label={kind === 'tokens' ? 'Tokens per period' : 'Runs per period'}>
          <TextInput
            key={kind}
            name="granted"
            required
            pattern="[0-9][0-9,_ ]*"
            title="A number such as 100,000."
            inputMode="numeric"
            autoComplete="off"
          />
        </Field>
      )}
      <Field label="Until" hint="The grant ends when this day begins in UTC. Empty: it has no end.">
        <TextInput name="until" type="date" />
      </Field>
    </ReasonDialog>
  )
}

function PlanSelect() {
  const { data } = useQuery(platformPlansQuery())
  const options = data?.plans.map(({ id, name }) => ({ value: id, label: name })) ?? []
  return <Select name="granted" required options={options} />
}
