import { ConfirmDialog } from '@/components/confirm-dialog'
import { call } from '@/lib/api/client'
import { apiKeysQuery, tenantPath } from '@/lib/api/queries'
import type { ApiKey } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { useSettingsMutation } from '@/components/use-settings-mutation'

type RevokeKeyDialogProps = { apiKey: ApiKey; onClose: () => void }

export function RevokeKeyDialog({ apiKey, onClose }: RevokeKeyDialogProps) {
  const { id } = useTenant()
  const revocation = useSettingsMutation({
    change: () => call(`${tenantPath(id)}/api-keys/${apiKey.id}`, { method: 'DELETE' }),
    outdated: [apiKeysQuery(id).queryKey],
    done: () => `Key “${apiKey.label}” revoked`,
    onDone: onClose,
  })
  return (
    <ConfirmDialog
      onClose={onClose}
      onConfirm={() => revocation.mutate()}
      title={`Revoke “${apiKey.label}”?`}
      description="API keys are cached for 60 seconds. After that, requests with this key are refused and its usage is not recorded. You cannot undo this."
      confirmLabel="Revoke key"
      busy={revocation.isPending}
      error={revocation.error?.message}
    />
  )
}
