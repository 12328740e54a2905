import { ConfirmDialog } from '@/components/confirm-dialog'
import { useSettingsMutation } from '@/components/use-settings-mutation'
import { call } from '@/lib/api/client'
import type { Endpoint } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { alertEndpointsQuery, endpointPath } from './queries'

type DeleteEndpointDialogProps = { endpoint: Endpoint; onClose: () => void }

export function DeleteEndpointDialog({ endpoint, onClose }: DeleteEndpointDialogProps) {
  const { id } = useTenant()
  const removal = useSettingsMutation({
    change: () => call(endpointPath(id, endpoint.id), { method: 'DELETE' }),
    outdated: [alertEndpointsQuery(id).queryKey],
    done: () => 'Webhook deleted',
    onDone: onClose,
  })
  return (
    <ConfirmDialog
      onClose={onClose}
      onConfirm={() => removal.mutate()}
      title="Delete this webhook?"
      description={`${endpoint.url} gets no more webhooks, and waiting deliveries are not sent. You cannot undo this.`}
      confirmLabel="Delete webhook"
      busy={removal.isPending}
      error={removal.error?.message}
    />
  )
}
