import { ConfirmDialog } from '@/components/confirm-dialog'
import { useSettingsMutation } from '@/components/use-settings-mutation'
import { call } from '@/lib/api/client'
import { budgetPath, budgetsQuery } from '@/lib/api/queries'
import type { Budget } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

type RemoveBudgetDialogProps = { budget: Budget; onClose: () => void }

export function RemoveBudgetDialog({ budget: { id, version }, onClose }: RemoveBudgetDialogProps) {
  const { id: tenant } = useTenant()
  const removal = useSettingsMutation({
    change: () => call(budgetPath(tenant, id), { method: 'DELETE', query: { version } }),
    outdated: [budgetsQuery(tenant).queryKey],
    done: () => `Budget “${id}” removed`,
    onDone: onClose,
  })
  return (
    <ConfirmDialog
      onClose={onClose}
      onConfirm={() => removal.mutate()}
      title={`Remove “${id}”?`}
      description="Checks ignore it from now on. Recorded usage stays."
      confirmLabel="Remove budget"
      busy={removal.isPending}
      error={removal.error?.message}
    />
  )
}
