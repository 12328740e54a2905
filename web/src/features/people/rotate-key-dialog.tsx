// Creates a replacement key; the old one keeps working for the chosen overlap.
import { useState } from 'react'

import { ConfirmDialog } from '@/components/confirm-dialog'
import { Field } from '@/components/field'
import { Select } from '@/components/select'
import { call } from '@/lib/api/client'
import { apiKeysQuery, tenantPath } from '@/lib/api/queries'
import type { ApiKey, NewApiKey } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { useSettingsMutation } from '@/components/use-settings-mutation'

type RotateKeyDialogProps = { apiKey: ApiKey; onClose: () => void; onMade: (made: NewApiKey) => void }

const OVERLAPS = [
  { value: '0', label: 'Revoke now' },
  { value: '1', label: 'Keep for 1 hour' },
  { value: '24', label: 'Keep for 1 day' },
  { value: '168', label: 'Keep for 1 week' },
]

export function RotateKeyDialog({ apiKey, onClose, onMade }: RotateKeyDialogProps) {
  const { id } = useTenant()
  const [overlapHours, setOverlapHours] = useState('24')
  const rotation = useSettingsMutation<number, NewApiKey>({
    change: (overlap_hours) =>
      call(`${tenantPath(id)}/api-keys/${apiKey.id}/rotate`, { method: 'POST', body: { overlap_hours } }),
    outdated: [apiKeysQuery(id).queryKey],
    done: null,
    onDone: onMade,
  })
  return (
    <ConfirmDialog
      onClose={onClose}
      onConfirm={() => rotation.mutate(Number(overlapHours))}
      title={`Rotate “${apiKey.label}”`}
      description="Creates a new key with the same name, permissions and expiry."
      confirmLabel="Rotate key"
      tone="primary"
      busy={rotation.isPending}
      error={rotation.error?.message}
    >
      <Field label="Old key" hint="Leave time for every agent to switch.">
        <Select
          options={OVERLAPS}
          value={overlapHours}
          onChange={(event) => setOverlapHours(event.target.value)}
        />
      </Field>
    </ConfirmDialog>
  )
}
