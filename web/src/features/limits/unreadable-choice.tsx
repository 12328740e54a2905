import { Segmented } from '@/components/segmented'
import { useToast } from '@/components/toast'
import { useSettingsMutation } from '@/components/use-settings-mutation'
import { call } from '@/lib/api/client'
import { budgetsQuery, tenantPath } from '@/lib/api/queries'
import type { Budgets } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

type Policy = Budgets['on_unreadable']

const POLICIES: readonly { value: Policy; label: string }[] = [
  { value: 'closed', label: 'Deny' },
  { value: 'open', label: 'Allow' },
]

export function UnreadableChoice({ policy }: { policy: Policy }) {
  const { id } = useTenant()
  const toast = useToast()
  const change = useSettingsMutation<Policy>({
    change: (on_unreadable) =>
      call(`${tenantPath(id)}/on-unreadable`, { method: 'PUT', body: { on_unreadable } }),
    outdated: [budgetsQuery(id).queryKey],
    done: (chosen) =>
      chosen === 'open'
        ? 'Checks are allowed while usage cannot be read'
        : 'Checks are denied while usage cannot be read',
  })
  const failed = (error: Error) =>
    toast({ tone: 'danger', title: 'Could not save the choice', body: error.message })
  return (
    <Segmented
      label="When usage cannot be read"
      options={POLICIES}
      value={change.isPending ? change.variables : policy}
      onChange={(chosen) => change.mutate(chosen, { onError: failed })}
    />
  )
}
