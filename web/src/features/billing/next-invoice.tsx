// The next invoice date, which differs from the usage reset.
import { Instant } from '@/components/instant'
import type { BillingState } from '@/lib/api/types'

export function NextInvoice({ billing: { next_invoice_at } }: { billing: BillingState }) {
  if (next_invoice_at === null) return null
  return (
    <>
      {' '}
      Next invoice on <Instant day at={next_invoice_at} className="font-medium text-ink-soft" />.
    </>
  )
}
