// Why a page of Stripe's could not be opened, and what to do about it.
import { codeOf } from '@/lib/api/problem'

export type Refusal = { title: string; text: string }

const BY_CODE: Record<string, Refusal> = {
  no_customer: {
    title: 'There is nothing to manage yet',
    text: 'Nothing was ever paid for here, so Stripe has no billing account. Choose a plan first.',
  },
  order_in_progress: {
    title: 'Another order is under way',
    text: 'Somebody is ordering a plan at this moment. Wait a minute, then try again.',
  },
  missing_role: {
    title: 'Your role does not allow this',
    text: 'Only owners and admins change the plan and manage billing. Ask one of them.',
  },
  billing_not_configured: {
    title: 'Billing is not set up',
    text: 'This installation has no key for Stripe, so nothing can be bought. Tell whoever runs it.',
  },
}

/** What to tell a person; what has no words of its own is told in the API's. */
export function stripeRefusal(error: Error): Refusal {
  return (
    BY_CODE[codeOf(error) ?? ''] ?? {
      title: "Stripe's page could not be opened",
      text: sentence(error.message),
    }
  )
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(start) ? start : `${start}.`
}
