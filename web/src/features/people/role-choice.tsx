import { useState } from 'react'

import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Select } from '@/components/select'
import { useToast } from '@/components/toast'
import { call } from '@/lib/api/client'
import { membersQuery, tenantPath, usageQuery } from '@/lib/api/queries'
import type { Member, Role } from '@/lib/api/types'
import { mayManage, useTenant } from '@/lib/tenant'

import { CreatedKeys } from './created-keys'
import { ROLE_LABELS, rolesFrom } from './roles'
import { useSettingsMutation } from '@/components/use-settings-mutation'

type RoleChoiceProps = { member: Member; mayChange: boolean }

export function RoleChoice({ member, mayChange }: RoleChoiceProps) {
  const { id, role } = useTenant()
  const toast = useToast()
  const [demoted, setDemoted] = useState<Member | null>(null)
  const change = useSettingsMutation<Role, Member>({
    change: (next) =>
      call(`${tenantPath(id)}/members/${member.id}`, {
        method: 'PUT',
        body: { role: next, version: member.version },
      }),
    // The user's own role decides what pages offer.
    outdated: [membersQuery(id).queryKey, usageQuery(id).queryKey],
    done: (next) => `${member.email} is now ${ROLE_LABELS[next].toLowerCase()}`,
    onDone: (changed) => setDemoted(mayManage(changed.role) || !changed.api_keys.length ? null : changed),
  })
  if (!mayChange) return ROLE_LABELS[member.role]
  const failed = (error: Error) =>
    toast({ tone: 'danger', title: 'Could not change the role', body: error.message })
  return (
    <>
      <Select
        aria-label={`Role of ${member.email}`}
        options={rolesFrom(role).map(({ value }) => ({ value, label: ROLE_LABELS[value] }))}
        value={change.isPending ? change.variables : member.role}
        disabled={change.isPending}
        onChange={(event) => change.mutate(event.target.value as Role, { onError: failed })}
        className="w-32"
      />
      {demoted && <DemotedDialog member={demoted} onClose={() => setDemoted(null)} />}
    </>
  )
}

function DemotedDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={`${member.email} no longer manages API keys`}
      description="The keys they created are still valid."
      footer={<Button onClick={onClose}>Keep the keys</Button>}
    >
      <CreatedKeys member={member} isSelf={false} />
    </Dialog>
  )
}
