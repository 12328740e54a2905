// Invitations that were not answered yet.
import { Button } from '@/components/button'
import { DataTable, type Column } from '@/components/data-table'
import { Instant } from '@/components/instant'
import { useToast } from '@/components/toast'
import { ROLE_LABELS } from './roles'
import { call } from '@/lib/api/client'
import { membersQuery, tenantPath } from '@/lib/api/queries'
import type { Invite } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { useSettingsMutation } from '@/components/use-settings-mutation'

export function InvitesTable({ invites }: { invites: Invite[] }) {
  return <DataTable caption="Invitations" columns={COLUMNS} rows={invites} rowKey={({ id }) => id} />
}

function CancelButton({ invite }: { invite: Invite }) {
  const { id } = useTenant()
  const toast = useToast()
  const cancellation = useSettingsMutation({
    change: () => call(`${tenantPath(id)}/invites/${invite.id}`, { method: 'DELETE' }),
    outdated: [membersQuery(id).queryKey],
    done: () => `The invitation of ${invite.email} is withdrawn`,
  })
  const failed = (error: Error) =>
    toast({ tone: 'danger', title: 'The invitation was not withdrawn', body: error.message })
  return (
    <Button
      variant="ghost"
      size="sm"
      aria-label={`Withdraw the invitation of ${invite.email}`}
      loading={cancellation.isPending}
      onClick={() => cancellation.mutate(undefined, { onError: failed })}
    >
      Withdraw
    </Button>
  )
}

const COLUMNS: readonly Column<Invite>[] = [
  { key: 'email', header: 'Email', cell: ({ email }) => <span className="wrap-anywhere">{email}</span> },
  { key: 'role', header: 'Role', cell: ({ role }) => ROLE_LABELS[role] },
  { key: 'by', header: 'Invited by', hideBelow: 'sm', cell: ({ invited_by }) => invited_by },
  { key: 'expires', header: 'Ends', cell: ({ expires_at }) => <Instant at={expires_at} day /> },
  {
    key: 'actions',
    header: 'Actions',
    headerHidden: true,
    align: 'end',
    cell: (invite) => <CancelButton invite={invite} />,
  },
]
