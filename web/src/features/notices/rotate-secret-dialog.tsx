import { ConfirmDialog } from '@/components/confirm-dialog'
import { useSettingsMutation } from '@/components/use-settings-mutation'
import { call } from '@/lib/api/client'
import type { Endpoint, EndpointWithSecret } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { alertEndpointsQuery, endpointPath } from './queries'

type RotateSecretDialogProps = {
  endpoint: Endpoint
  onClose: () => void
  onMade: (made: EndpointWithSecret) => void
}

export function RotateSecretDialog({ endpoint, onClose, onMade }: RotateSecretDialogProps) {
  const { id } = useTenant()
  const rotation = useSettingsMutation({
    change: () =>
      call<EndpointWithSecret>(`${endpointPath(id, endpoint.id)}/secret`, { method: 'POST', body: {} }),
    outdated: [alertEndpointsQuery(id).queryKey],
    done: null,
    onDone: onMade,
  })
  return (
    <ConfirmDialog
      onClose={onClose}
      onConfirm={() => rotation.mutate()}
      title="Rotate the signing secret?"
      description={`Creates a new secret for ${endpoint.url}. The old secret signs too for 24 hours, so your server can switch in that time.`}
      confirmLabel="Rotate secret"
      tone="primary"
      busy={rotation.isPending}
      error={rotation.error?.message}
    />
  )
}
