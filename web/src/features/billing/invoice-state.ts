// What the states of an invoice are called, and how urgent each is.
import type { Tone } from '@/components/tone'
import type { Invoice } from '@/lib/api/types'

type State = { tone: Tone; label: string }

const STATES: Record<string, State> = {
  draft: { tone: 'neutral', label: 'Draft' },
  open: { tone: 'info', label: 'Open' },
  paid: { tone: 'ok', label: 'Paid' },
  void: { tone: 'neutral', label: 'Void' },
  uncollectible: { tone: 'danger', label: 'Uncollectible' },
}

/** An open invoice whose payment failed is told apart; a state that is new to us keeps Stripe's name. */
export function invoiceState({ status, failed_at }: Pick<Invoice, 'status' | 'failed_at'>): State {
  if (status === 'open' && failed_at !== null) return { tone: 'danger', label: 'Payment failed' }
  return STATES[status] ?? { tone: 'neutral', label: status }
}
