import { Button } from '@/components/button'
import { DataTable, type Column } from '@/components/data-table'
import { Instant } from '@/components/instant'
import { useToast } from '@/components/toast'
import { useSettingsMutation } from '@/components/use-settings-mutation'
import { call } from '@/lib/api/client'
import { membersQuery, tenantPath } from '@/lib/api/queries'
import type { PendingInvitation } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { CopyInvitationLink } from './copy-invitation-link'
import { ROLE_LABELS } from './roles'

export function InvitationsTable({ invitations }: { invitations: PendingInvitation[] }) {
  return <DataTable caption="Invitations" columns={COLUMNS} rows={invitations} rowKey={({ id }) => id} />
}

function CancelButton({ invitation }: { invitation: PendingInvitation }) {
  const { id } = useTenant()
  const toast = useToast()
  const cancellation = useSettingsMutation({
    change: () => call(`${tenantPath(id)}/invites/${invitation.id}`, { method: 'DELETE' }),
    outdated: [membersQuery(id).queryKey],
    done: () => `Invitation for ${invitation.email} withdrawn`,
  })
  const failed = (error: Error) =>
    toast({ tone: 'danger', title: 'Could not withdraw the invitation', body: error.message })
  return (
    <Button
      variant="ghost"
      size="sm"
      aria-label={`Withdraw invitation for ${invitation.email}`}
      loading={cancellation.isPending}
      onClick={() => cancellation.mutate(undefined, { onError: failed })}
    >
      Withdraw
    </Button>
  )
}

const COLUMNS: readonly Column<PendingInvitation>[] = [
  {
    key: 'email',
    header: 'Email',
    cell: ({ email }) => <span className="block min-w-28 wrap-anywhere">{email}</span>,
  },
  { key: 'role', header: 'Role', cell: ({ role }) => ROLE_LABELS[role] },
  {
    key: 'by',
    header: 'Invited by',
    hideBelow: 'sm',
    cell: ({ invited_by }) => invited_by || 'The platform',
  },
  { key: 'expires', header: 'Expires', cell: ({ expires_at }) => <Instant at={expires_at} day /> },
  {
    key: 'actions',
    header: 'Actions',
    headerHidden: true,
    align: 'end',
    cell: (invitation) => (
      <span className="inline-flex flex-col items-end gap-1 whitespace-nowrap sm:flex-row">
        <CopyInvitationLink invitation={invitation} variant="ghost" />
        <CancelButton invitation={invitation} />
      </span>
    ),
  },
]
