import type { ButtonVariant } from '@/components/button'
import { CopyButton } from '@/components/copy-button'
import type { PendingInvitation } from '@/lib/api/types'

type CopyInvitationLinkProps = { invitation: PendingInvitation; variant?: ButtonVariant }

export function CopyInvitationLink({ invitation, variant = 'secondary' }: CopyInvitationLinkProps) {
  return (
    <CopyButton
      text={invitation.link}
      what={`invitation link for ${invitation.email}`}
      label="Copy invitation link"
      variant={variant}
    />
  )
}
