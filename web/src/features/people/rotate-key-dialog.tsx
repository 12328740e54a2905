// Replaces a key by a new one; the old one goes on for a while, so that nothing stops in between.
import { useState } from 'react'

import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Field } from '@/components/field'
import { Notice } from '@/components/notice'
import { Select } from '@/components/select'
import { call } from '@/lib/api/client'
import { apiKeysQuery, tenantPath } from '@/lib/api/queries'
import type { ApiKey, NewApiKey } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { useSettingsMutation } from '@/components/use-settings-mutation'

type RotateKeyDialogProps = { apiKey: ApiKey; onClose: () => void; onMade: (made: NewApiKey) => void }

const OVERLAPS = [
  { value: '0', label: 'Ends at once' },
  { value: '1', label: 'Works for another hour' },
  { value: '24', label: 'Works for another day' },
  { value: '168', label: 'Works for another week' },
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
    <Dialog
      open
      onClose={onClose}
      title={`Rotate “${apiKey.label}”`}
      description="You get a new key with the same name, scopes and expiry."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            loading={rotation.isPending}
            onClick={() => rotation.mutate(Number(overlapHours))}
          >
            Rotate key
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {rotation.error && (
          <Notice tone="danger" title="The key was not rotated">
            {rotation.error.message}
          </Notice>
        )}
        <Field label="The old key" hint="Long enough for every agent to get the new one.">
          <Select
            options={OVERLAPS}
            value={overlapHours}
            onChange={(event) => setOverlapHours(event.target.value)}
          />
        </Field>
      </div>
    </Dialog>
  )
}
