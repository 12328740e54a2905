// An invitation, as its mail links to it.
import { useQuery } from '@tanstack/react-query'
import { MailX } from 'lucide-react'
import { Navigate, useNavigate, useParams } from 'react-router'

import { Button, LinkButton } from '@/components/button'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { FullPage } from '@/components/full-page'
import { Spinner } from '@/components/spinner'
import { useToast } from '@/components/toast'
import { meQuery } from '@/lib/api/queries'
import type { Invitation, Me } from '@/lib/api/types'
import { signOut } from '@/lib/session/session'

import { InvitationCard } from './invitations'

export function JoinPage() {
  const me = useQuery(meQuery())
  return (
    <FullPage>
      <title>Invitation · GWI Usage</title>
      {me.data ? (
        <Answer me={me.data} />
      ) : me.error ? (
        <ErrorState level={1} title="Could not load your invitations" query={me} />
      ) : (
        <Spinner label="Loading your invitation" />
      )}
    </FullPage>
  )
}

function Answer({ me: { user, tenants, invitations } }: { me: Me }) {
  const { tenant = '' } = useParams()
  const email = user.email ?? 'this account'
  // A link that was accepted before leads to the tenant.
  if (tenants.some(({ id }) => id === tenant)) {
    return <Navigate to={`/t/${encodeURIComponent(tenant)}`} replace />
  }
  const invitation = invitations.find(({ tenant_id }) => tenant_id === tenant)
  if (!invitation) return <NotInvited email={email} />
  return <Invited invitation={invitation} email={email} />
}

function Invited({ invitation, email }: { invitation: Invitation; email: string }) {
  const navigate = useNavigate()
  const toast = useToast()
  const leave = () => {
    toast({ title: `Invitation to ${invitation.tenant_name} declined` })
    void navigate('/', { replace: true })
  }
  return (
    <div className="flex w-full max-w-lg flex-col gap-4">
      <h1 className="text-xl font-semibold text-ink">Invitation</h1>
      <InvitationCard invitation={invitation} onDeclined={leave} />
      <p className="flex flex-wrap items-center gap-x-2 text-ink-soft">
        <span className="wrap-anywhere">Signed in as {email}.</span>
        <UseDifferentAccount />
      </p>
    </div>
  )
}

function NotInvited({ email }: { email: string }) {
  return (
    <EmptyState
      level={1}
      icon={MailX}
      title="No invitation for this account"
      description={`There is no open invitation to this tenant for ${email}: sign in with the invited address, or ask for a new invitation.`}
      action={
        <>
          <UseDifferentAccount />
          <LinkButton to="/">Go to your tenants</LinkButton>
        </>
      }
    />
  )
}

function UseDifferentAccount() {
  return <Button onClick={() => void signOut()}>Use a different account</Button>
}
