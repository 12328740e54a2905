import { Field } from '@/components/field'
import { TextInput } from '@/components/text-input'
import type { OwnLimits, PlatformTenant } from '@/lib/api/types'

import { ReasonDialog } from '../reason-dialog'
import {
  COUNT_PATTERN,
  COUNT_TITLE,
  ownLimitsOf,
  textOfCount,
  UNLIMITED,
  type CountName,
} from './limit-values'
import { useTenantChange } from './use-tenant-change'

const COUNTS: readonly { name: CountName; label: string }[] = [
  { name: 'tokens', label: 'Tokens per period' },
  { name: 'runs', label: 'Runs per period' },
  { name: 'requests_per_minute', label: 'Requests per minute' },
]
const PERCENTS: readonly { name: CountName; label: string }[] = [
  { name: 'soft_percent', label: 'Alert at, in percent' },
  { name: 'hard_percent', label: 'Limit at, in percent' },
]

export function LimitsDialog({ tenant, onClose }: { tenant: PlatformTenant; onClose: () => void }) {
  const change = useTenantChange({
    tenant,
    request: (form) => ({
      path: '/limits',
      method: 'PUT',
      body: { ...ownLimitsOf(form), reason: form.reason, version: tenant.version },
    }),
    done: `Limits of ${tenant.name} set`,
    onDone: onClose,
  })
  return (
    <ReasonDialog
      title={`Set the limits of ${tenant.name}`}
      description={`An empty field follows the plan. Write “${UNLIMITED}” for no limit.`}
      confirmLabel="Set limits"
      change={change}
      onClose={onClose}
    >
      <LimitFields key={tenant.version} own={tenant.own_limits} />
    </ReasonDialog>
  )
}

function LimitFields({ own }: { own: OwnLimits }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {COUNTS.map(({ name, label }) => (
        <Field key={name} label={label}>
          <TextInput
            name={name}
            pattern={COUNT_PATTERN}
            title={COUNT_TITLE}
            defaultValue={textOfCount(own[name])}
            autoComplete="off"
          />
        </Field>
      ))}
      <Field label="Provider cost per period, in USD">
        <TextInput
          name="provider_cost_usd"
          pattern={`[0-9]{1,7}(\\.[0-9]{1,9})?|${UNLIMITED}`}
          title={`An amount such as 99.50, or “${UNLIMITED}”.`}
          defaultValue={own.provider_cost_usd ?? ''}
          inputMode="text"
          autoComplete="off"
        />
      </Field>
      {PERCENTS.map(({ name, label }) => (
        <Field key={name} label={label}>
          <TextInput
            name={name}
            type="number"
            min={1}
            step={1}
            defaultValue={own[name] ?? ''}
            autoComplete="off"
          />
        </Field>
      ))}
    </div>
  )
}
