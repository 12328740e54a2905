import { useQuery } from '@tanstack/react-query'

import { Card } from '@/components/card'
import { ErrorState } from '@/components/error-state'
import { LocalMail } from '@/components/local-mail'
import { membersQuery } from '@/lib/api/queries'
import { useTenant } from '@/lib/tenant'

import { InviteForm } from './invite-form'
import { InvitationsTable } from './invitations-table'
import { MembersTable } from './members-table'

export function MembersPage() {
  const { id, name } = useTenant()
  const members = useQuery(membersQuery(id))
  if (members.error) {
    return <ErrorState title="Could not load members" query={members} />
  }
  const invitations = members.data?.invites ?? []
  return (
    <>
      <title>Members · GWI Usage</title>
      <Card
        title="Invite a member"
        description={`We email them a link within about a minute. They join ${name} after signing in with this address.`}
      >
        <div className="flex flex-col gap-4">
          <InviteForm />
          <LocalMail />
        </div>
      </Card>
      <Card title="Members" flush>
        <MembersTable members={members.data?.members} />
      </Card>
      {invitations.length > 0 && (
        <Card title="Invitations" description="Invitations expire after 14 days." flush>
          <InvitationsTable invitations={invitations} />
        </Card>
      )}
    </>
  )
}
