// Who belongs to the tenant, who is invited, and what each may do.
import { useQuery } from '@tanstack/react-query'

import { Card } from '@/components/card'
import { ErrorState } from '@/components/error-state'
import { membersQuery } from '@/lib/api/queries'
import { useTenant } from '@/lib/tenant'

import { InviteForm } from './invite-form'
import { InvitesTable } from './invites-table'
import { MembersTable } from './members-table'

export function MembersPage() {
  const { id, name } = useTenant()
  const members = useQuery(membersQuery(id))
  if (members.error) {
    return (
      <ErrorState
        title="The members could not be read"
        error={members.error}
        onRetry={() => void members.refetch()}
      />
    )
  }
  const invites = members.data?.invites ?? []
  return (
    <>
      <title>Members · GWI Usage</title>
      <Card
        title="Invite somebody"
        description={`They get a mail, and join ${name} when they sign in with that address.`}
      >
        <InviteForm />
      </Card>
      <Card title="Members" flush>
        <MembersTable members={members.data?.members} />
      </Card>
      {invites.length > 0 && (
        <Card title="Invitations" description="Not answered yet. Each ends by itself after 14 days." flush>
          <InvitesTable invites={invites} />
        </Card>
      )}
    </>
  )
}
