// What an invoice shows: its badge, its amount, and what was taken back from it.
import type { Tone } from '@/components/tone'
import type { Invoice } from '@/lib/api/types'

import { formatMinorUnits } from './money'
import { stripeAddress } from './stripe-address'

export type InvoiceState = { tone: Tone; label: string }

const STATES: Record<string, InvoiceState> = {
  draft: { tone: 'neutral', label: 'Draft' },
  open: { tone: 'info', label: 'Open' },
  paid: { tone: 'ok', label: 'Paid' },
  void: { tone: 'neutral', label: 'Void' },
  uncollectible: { tone: 'danger', label: 'Uncollectible' },
}

/** Unknown states keep Stripe's name. */
export function invoiceState(invoice: Invoice): InvoiceState {
  const { status, failed_at, dispute } = invoice
  if (dispute === 'open') return { tone: 'danger', label: 'Disputed' }
  if (dispute === 'lost') return { tone: 'danger', label: 'Dispute lost' }
  if (status === 'open' && failed_at !== null) return { tone: 'danger', label: 'Payment failed' }
  return takenBackState(invoice) ?? STATES[status] ?? { tone: 'neutral', label: status }
}

/** Refunds and credits of a paid invoice; one that is open is still to be paid. */
function takenBackState(invoice: Invoice): InvoiceState | null {
  const { status, amount_refunded, amount_credited, net_total } = invoice
  if (status !== 'paid' || amount_refunded + amount_credited === 0) return null
  const what = amount_refunded > 0 ? 'refunded' : 'credited'
  const label = net_total > 0 ? `Partly ${what}` : what.charAt(0).toUpperCase() + what.slice(1)
  return { tone: 'neutral', label }
}

/** "$9.00 refunded", "$5.00 credited", "$10.00 lost in a dispute": what is not part of the net total. */
export function takenBack({ currency, amount_refunded, amount_credited, amount_lost }: Invoice): string[] {
  const parts: [number, string][] = [
    [amount_refunded, 'refunded'],
    [amount_credited, 'credited'],
    [amount_lost, 'lost in a dispute'],
  ]
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, how]) => `${formatMinorUnits(amount, currency)} ${how}`)
}

export type ToPay = { address: string; amount: string }

/** Where and how much to pay; null if there is nothing to pay, or no page of Stripe's for it. */
export function toPay({ status, amount_remaining, currency, hosted_invoice_url }: Invoice): ToPay | null {
  const address = stripeAddress(hosted_invoice_url)
  if (status !== 'open' || amount_remaining <= 0 || address === null) return null
  return { address, amount: formatMinorUnits(amount_remaining, currency) }
}
