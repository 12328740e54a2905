// Types of the notices API until schema.ts has them.
import type { components } from './schema'

type Schemas = components['schemas']

export type Recipient = { email: string; status: 'confirmed' | 'pending' }
export type Recipients = { emails: string[]; recipients: Recipient[] }

export type Thresholds = { percents: number[]; is_default: boolean }

export type Endpoint = {
  id: string
  url: string
  format: 'json' | 'slack'
  status: 'enabled' | 'failing' | 'disabled'
  failing_since: string | null
  disabled_at: string | null
  created_at: string
  created_by: string
  previous_secret_until: string | null
}
export type EndpointWithSecret = { endpoint: Endpoint; secret: string }

export type Delivery = {
  id: string
  message_id: string
  type: string
  status: 'pending' | 'delivered' | 'failed'
  attempts: number
  created_at: string
  next_attempt_at: string | null
  last_answer: string | null
}
export type DeliveryPage = { deliveries: Delivery[]; next_cursor: string | null }

/** An invitation as the tenant sees it: not accepted yet. */
export type PendingInvitation = Schemas['InvitationResponse'] & { link: string }
export type SentInvitation = PendingInvitation & { mailed: boolean }
export type Members = Omit<Schemas['MembersResponse'], 'invites'> & { invites: PendingInvitation[] }

export type ConfirmedMail = { email: string; tenant_name: string }
export type StoppedMail = {
  email: string
  stopped: boolean
  scope: 'tenant' | 'invitations'
  tenant_name: string | null
}
