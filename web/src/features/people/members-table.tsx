import { useState } from 'react'

import { Button } from '@/components/button'
import { DataTable, type Column } from '@/components/data-table'
import { Instant } from '@/components/instant'
import type { Member } from '@/lib/api/types'
import { useSession } from '@/lib/session/store'
import { useTenant } from '@/lib/tenant'

import { RemoveMemberDialog } from './remove-member-dialog'
import { RoleChoice } from './role-choice'

export function MembersTable({ members }: { members: Member[] | undefined }) {
  const { role } = useTenant()
  const session = useSession()
  const ownId = session.status === 'signed-in' ? session.user.id : null
  const [leaving, setLeaving] = useState<Member | null>(null)
  // Admins cannot change owners; the API refuses it too.
  const mayChange = (member: Member) => role === 'owner' || member.role !== 'owner'
  const columns: readonly Column<Member>[] = [
    {
      key: 'member',
      header: 'Member',
      cell: (member) => <Name member={member} isSelf={member.id === ownId} />,
    },
    {
      key: 'role',
      header: 'Role',
      cell: (member) => <RoleChoice member={member} mayChange={mayChange(member)} />,
    },
    {
      key: 'joined',
      header: 'Joined',
      hideBelow: 'sm',
      cell: ({ joined_at }) => <Instant at={joined_at} day />,
    },
    {
      key: 'actions',
      header: 'Actions',
      headerHidden: true,
      align: 'end',
      cell: (member) =>
        (mayChange(member) || member.id === ownId) && (
          <Button
            variant="ghost"
            size="sm"
            aria-label={member.id === ownId ? 'Leave this tenant' : `Remove ${member.email}`}
            onClick={() => setLeaving(member)}
          >
            {member.id === ownId ? 'Leave' : 'Remove'}
          </Button>
        ),
    },
  ]
  return (
    <>
      <DataTable caption="Members" columns={columns} rows={members} rowKey={({ id }) => id} loadingRows={2} />
      {leaving && (
        <RemoveMemberDialog member={leaving} isSelf={leaving.id === ownId} onClose={() => setLeaving(null)} />
      )}
    </>
  )
}

function Name({ member, isSelf }: { member: Member; isSelf: boolean }) {
  return (
    <>
      <span className="block wrap-anywhere">
        {member.name ?? member.email}
        {isSelf && <span className="font-normal text-ink-faint"> (you)</span>}
      </span>
      {member.name !== null && (
        <span className="block text-xs font-normal wrap-anywhere text-ink-faint">{member.email}</span>
      )}
    </>
  )
}
