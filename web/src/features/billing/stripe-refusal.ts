// Messages for requests that Stripe or the API refused.
import { codeOf } from '@/lib/api/problem'

export type Refusal = { title: string; text: string }

const BY_CODE: Record<string, Refusal> = {
  no_customer: {
    title: 'No billing account yet',
    text: 'Choose a plan first. Stripe opens an account with your first payment.',
  },
  order_in_progress: {
    title: 'Another checkout is in progress',
    text: 'Someone else is changing the plan. Wait a minute and try again.',
  },
  payment_pending: {
    title: 'Your payment is on its way',
    text: 'Your bank is still paying for a plan. It starts once the payment arrives, usually within a few days.',
  },
  missing_role: {
    title: 'You cannot manage billing',
    text: 'Only owners and admins can change the plan. Ask one of them.',
  },
  billing_not_configured: {
    title: 'Billing is not set up',
    text: 'This installation has no Stripe key. Contact your administrator.',
  },
}

/** Fall back to the API's message. */
export function stripeRefusal(error: Error): Refusal {
  return (
    BY_CODE[codeOf(error) ?? ''] ?? {
      title: 'Could not open Stripe',
      text: sentence(error.message),
    }
  )
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(start) ? start : `${start}.`
}
