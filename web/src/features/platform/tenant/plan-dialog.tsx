import { useQuery } from '@tanstack/react-query'

import { Field } from '@/components/field'
import { Notice } from '@/components/notice'
import { Select } from '@/components/select'
import type { PlatformTenant } from '@/lib/api/types'

import { platformPlansQuery } from '../queries'
import { ReasonDialog } from '../reason-dialog'
import { useTenantChange } from './use-tenant-change'

type PlanDialogProps = { tenant: PlatformTenant; onClose: () => void }

export function PlanDialog({ tenant, onClose }: PlanDialogProps) {
  const plans = useQuery(platformPlansQuery())
  const change = useTenantChange({
    tenant,
    request: ({ plan, reason }) => ({
      ...{ path: '', method: 'PATCH', body: { plan, reason, version: tenant.version } },
    }),
    done: `Plan of ${tenant.name} changed`,
    onDone: onClose,
  })
  const options = plans.data?.plans.map(({ id, name, visible }) => ({
    value: id,
    label: visible === false ? `${name} (hidden)` : name,
  }))
  return (
    <ReasonDialog
      title={`Change the plan of ${tenant.name}`}
      description={`Now on ${tenant.plan}, version ${tenant.plan_version}. The tenant gets the newest version of the plan that you choose.`}
      confirmLabel="Change plan"
      change={change}
      onClose={onClose}
    >
      {plans.error && (
        <Notice tone="danger" title="Could not load plans">
          {plans.error.message}
        </Notice>
      )}
      <Field label="Plan">
        <PlanChoice key={tenant.version} current={tenant.plan} options={options} />
      </Field>
    </ReasonDialog>
  )
}

type PlanChoiceProps = { current: string; options: { value: string; label: string }[] | undefined }

function PlanChoice({ current, options }: PlanChoiceProps) {
  if (!options) return <Select name="plan" disabled options={[{ value: current, label: current }]} />
  return <Select name="plan" options={options} defaultValue={current} />
}
