// Suspend, resume and end a tenant, and take a grant back.
import { useState } from 'react'

import { Field } from '@/components/field'
import { TextInput } from '@/components/text-input'
import type { PlatformTenant, TenantGrant } from '@/lib/api/types'

import { ReasonDialog } from '../reason-dialog'
import { grantText } from './grant-text'
import { useTenantChange } from './use-tenant-change'

type Of = { tenant: PlatformTenant; onClose: () => void }

export function SuspendDialog({ tenant, onClose }: Of) {
  const change = useTenantChange({
    tenant,
    request: ({ reason }) => ({ path: '/suspend', method: 'POST', body: { reason } }),
    done: `${tenant.name} suspended`,
    onDone: onClose,
  })
  return (
    <ReasonDialog
      title={`Suspend ${tenant.name}?`}
      description="It records and reads nothing until you resume it. What it recorded is kept. Stripe goes on charging it."
      confirmLabel="Suspend tenant"
      tone="danger"
      change={change}
      onClose={onClose}
    />
  )
}

export function ResumeDialog({ tenant, onClose }: Of) {
  const change = useTenantChange({
    tenant,
    request: ({ reason }) => ({ path: '/resume', method: 'POST', body: { reason } }),
    done: `${tenant.name} resumed`,
    onDone: onClose,
  })
  return (
    <ReasonDialog
      title={`Resume ${tenant.name}?`}
      description="It records and reads again within a minute."
      confirmLabel="Resume tenant"
      change={change}
      onClose={onClose}
    />
  )
}

export function EndDialog({ tenant, onClose }: Of) {
  const [typed, setTyped] = useState('')
  const change = useTenantChange({
    tenant,
    request: ({ reason }) => ({ path: '/end', method: 'POST', body: { reason } }),
    done: `${tenant.name} ended`,
    onDone: onClose,
  })
  return (
    <ReasonDialog
      title={`End ${tenant.name}?`}
      description="Cancels its subscriptions in Stripe, and takes its grants and keys. You cannot undo this."
      confirmLabel="End tenant"
      tone="danger"
      isReady={typed === tenant.id}
      change={change}
      onClose={onClose}
    >
      <Field label={`Type ${tenant.id} to confirm`}>
        <TextInput
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
          autoComplete="off"
          required
        />
      </Field>
    </ReasonDialog>
  )
}

export function RevokeGrantDialog({ tenant, grant, onClose }: Of & { grant: TenantGrant }) {
  const change = useTenantChange({
    tenant,
    request: ({ reason }) => ({
      path: `/grants/${encodeURIComponent(grant.id)}`,
      method: 'DELETE',
      query: { reason },
    }),
    done: 'Grant revoked',
    onDone: onClose,
  })
  return (
    <ReasonDialog
      title={`Revoke the grant of ${grantText(grant)}?`}
      description={`${tenant.name} loses it at once. It was given for: ${grant.reason}`}
      confirmLabel="Revoke grant"
      tone="danger"
      change={change}
      onClose={onClose}
    />
  )
}
