import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from 'react-router'

import { Button } from '@/components/button'
import { Card } from '@/components/card'
import { Notice } from '@/components/notice'
import { call } from '@/lib/api/client'
import { meQuery } from '@/lib/api/queries'
import type { Invitation } from '@/lib/api/types'

import { ROLE_LABELS } from './roles'

export function Invitations({ invitations }: { invitations: Invitation[] }) {
  return invitations.map((invitation) => (
    <InvitationCard key={invitation.tenant_id} invitation={invitation} />
  ))
}

/** Only a member who invited has an address; the platform has none. */
function invitedAs({ invited_by, role }: Invitation) {
  const as = ROLE_LABELS[role].toLowerCase()
  return invited_by ? `${invited_by} invited you as ${as}.` : `You can join as ${as}.`
}

type InvitationCardProps = { invitation: Invitation; onDeclined?: () => void }

export function InvitationCard({ invitation, onDeclined }: InvitationCardProps) {
  const { accept, decline } = useAnswers(invitation.tenant_id, onDeclined)
  const problem = accept.error ?? decline.error
  return (
    <Card title={`You are invited to ${invitation.tenant_name}`} description={invitedAs(invitation)}>
      <div className="flex flex-col gap-3">
        {problem && (
          <Notice tone="danger" title="Something went wrong">
            {problem.message}
          </Notice>
        )}
        <div className="flex flex-wrap gap-2">
          <Button variant="primary" loading={accept.isPending} onClick={() => accept.mutate()}>
            Accept
          </Button>
          <Button loading={decline.isPending} onClick={() => decline.mutate()}>
            Decline
          </Button>
        </div>
      </div>
    </Card>
  )
}

function useAnswers(tenant: string, onDeclined?: () => void) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const path = `/invitations/${encodeURIComponent(tenant)}`
  const accept = useMutation({
    mutationFn: () => call(`${path}/accept`, { method: 'POST', body: {} }),
    onSuccess: async () => {
      await queries.invalidateQueries(meQuery())
      await navigate(`/t/${encodeURIComponent(tenant)}`, { replace: true })
    },
  })
  const decline = useMutation({
    mutationFn: () => call(path, { method: 'DELETE' }),
    onSuccess: async () => {
      onDeclined?.()
      await queries.invalidateQueries(meQuery())
    },
  })
  return { accept, decline }
}
