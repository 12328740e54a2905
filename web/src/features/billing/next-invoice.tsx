// When Stripe bills next: not when usage resets, for a yearly plan by far not.
import { Instant } from '@/components/instant'
import type { BillingState } from '@/lib/api/types'

/** A sentence that follows others; nothing where no invoice is to come. */
export function NextInvoice({ billing: { next_invoice_at } }: { billing: BillingState }) {
  if (next_invoice_at === null) return null
  return (
    <>
      {' '}
      Next invoice on <Instant day at={next_invoice_at} className="font-medium text-ink-soft" />.
    </>
  )
}
