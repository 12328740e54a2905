// The way to pay what is due, in the notice of a failed payment.
import { useInfiniteQuery } from '@tanstack/react-query'

import { invoicesQuery } from '@/lib/api/queries'
import type { Invoice } from '@/lib/api/types'

import { toPay } from './invoice-state'
import { PayLink } from './pay-link'

/** Renders nothing until an invoice is known that can be paid. */
export function PayOpenInvoice({ tenant }: { tenant: string }) {
  const { data } = useInfiniteQuery(invoicesQuery(tenant))
  const invoice = dueInvoice(data?.pages.flatMap((page) => page.invoices) ?? [])
  return invoice ? <PayLink invoice={invoice} /> : null
}

/** The newest invoice whose payment failed, else the newest one that is open. */
function dueInvoice(invoices: readonly Invoice[]): Invoice | undefined {
  const payable = invoices.filter((invoice) => toPay(invoice) !== null)
  return payable.find(({ failed_at }) => failed_at !== null) ?? payable[0]
}
