import { useQuery } from '@tanstack/react-query'
import { UsersRound } from 'lucide-react'
import { useOutletContext } from 'react-router'

import { Badge } from '@/components/badge'
import { Card } from '@/components/card'
import { DataTable, type Column } from '@/components/data-table'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Instant } from '@/components/instant'
import { Page } from '@/components/page'
import { ROLE_LABELS } from '@/features/people/roles'
import { membersQuery } from '@/lib/api/queries'
import type { Members, PlatformTenant, Role } from '@/lib/api/types'

type Person = { key: string; name: string; email: string; role: Role; since: string; isInvited: boolean }

export function MembersTab() {
  const { id } = useOutletContext<PlatformTenant>()
  const members = useQuery(membersQuery(id))
  return (
    <Page title="Members" description="Members and open invitations.">
      <Card flush>
        {members.error ? (
          <ErrorState title="Could not load members" query={members} />
        ) : (
          <DataTable
            caption="Members and invitations"
            columns={COLUMNS}
            rows={members.data && peopleOf(members.data)}
            rowKey={({ key }) => key}
            loadingRows={2}
            empty={
              <EmptyState icon={UsersRound} title="No members" description="Nobody can sign in to it." />
            }
          />
        )}
      </Card>
    </Page>
  )
}

function peopleOf({ members, invites }: Members): Person[] {
  return [
    ...members.map(({ id, name, email, role, joined_at }) => ({
      ...{ key: id, name: name ?? email, email, role },
      ...{ since: joined_at, isInvited: false },
    })),
    ...invites.map(({ id, email, role, invited_at }) => ({
      ...{ key: id, name: email, email, role },
      ...{ since: invited_at, isInvited: true },
    })),
  ]
}

const COLUMNS: readonly Column<Person>[] = [
  {
    key: 'person',
    header: 'Member',
    cell: ({ name, email }) => (
      <>
        <span className="block wrap-anywhere">{name}</span>
        {name !== email && (
          <span className="block text-xs font-normal wrap-anywhere text-ink-faint">{email}</span>
        )}
      </>
    ),
  },
  { key: 'role', header: 'Role', cell: ({ role }) => ROLE_LABELS[role] },
  { key: 'state', header: 'State', cell: ({ isInvited }) => (isInvited ? <Badge>Invited</Badge> : 'Member') },
  { key: 'since', header: 'Since', hideBelow: 'sm', cell: ({ since }) => <Instant at={since} day /> },
]
