import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from 'react-router'

import { ConfirmDialog } from '@/components/confirm-dialog'
import { call } from '@/lib/api/client'
import { membersQuery, meQuery, tenantPath } from '@/lib/api/queries'
import type { Member } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { CreatedKeys } from './created-keys'
import { useSettingsMutation } from '@/components/use-settings-mutation'

type RemoveMemberDialogProps = { member: Member; isSelf: boolean; onClose: () => void }

export function RemoveMemberDialog({ member, isSelf, onClose }: RemoveMemberDialogProps) {
  const { id, name } = useTenant()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const leave = () => {
    queries.removeQueries({ queryKey: ['tenant', id] })
    void navigate('/')
  }
  const removal = useSettingsMutation({
    change: () => call(`${tenantPath(id)}/members/${member.id}`, { method: 'DELETE' }),
    outdated: isSelf ? [meQuery().queryKey] : [membersQuery(id).queryKey],
    done: () => (isSelf ? `You left ${name}` : `${member.email} removed`),
    onDone: isSelf ? leave : onClose,
  })
  return (
    <ConfirmDialog
      onClose={onClose}
      onConfirm={() => removal.mutate()}
      title={isSelf ? `Leave ${name}?` : `Remove ${member.email}?`}
      description={
        isSelf
          ? 'You lose access immediately. An owner or admin can invite you again.'
          : 'They lose access immediately, including on open pages.'
      }
      confirmLabel={isSelf ? 'Leave' : 'Remove'}
      busy={removal.isPending}
      error={removal.error?.message}
    >
      {member.api_keys.length > 0 ? <CreatedKeys member={member} isSelf={isSelf} /> : undefined}
    </ConfirmDialog>
  )
}
