// Invoices on narrow screens, where a table would hide the way to pay.
import { Button } from '@/components/button'
import { Skeleton } from '@/components/skeleton'
import type { Invoice } from '@/lib/api/types'

import {
  InvoiceAmount,
  InvoiceLines,
  InvoiceLinks,
  InvoiceName,
  InvoicePeriod,
  InvoiceStatus,
} from './invoice-parts'
import { PayLink } from './pay-link'

type InvoiceCardsProps = {
  /** Undefined while they load. */
  invoices: readonly Invoice[] | undefined
  more: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown }
}

export function InvoiceCards({ invoices, more }: InvoiceCardsProps) {
  if (!invoices) return <Skeleton className="mx-4 mb-4 h-28" />
  return (
    <>
      <ul aria-label="Invoices, newest first" className="divide-y divide-line">
        {invoices.map((invoice) => (
          <InvoiceCard key={invoice.id} invoice={invoice} />
        ))}
      </ul>
      {more.hasNextPage && (
        <div className="border-t border-line px-4 py-2.5 text-center">
          <Button size="sm" loading={more.isFetchingNextPage} onClick={() => more.fetchNextPage()}>
            Load more
          </Button>
        </div>
      )}
    </>
  )
}

function InvoiceCard({ invoice }: { invoice: Invoice }) {
  return (
    <li className="grid gap-2 px-4 py-3 text-sm text-ink-soft">
      <div className="flex items-start justify-between gap-4">
        <div className="min-w-0 font-medium text-ink">
          <InvoiceName invoice={invoice} />
        </div>
        <div className="shrink-0 text-end tabular-nums">
          <InvoiceAmount invoice={invoice} />
        </div>
      </div>
      <div>
        <InvoiceStatus invoice={invoice} />
      </div>
      <p className="text-xs text-ink-faint">
        <InvoicePeriod invoice={invoice} />
      </p>
      <InvoiceLines invoice={invoice} />
      <PayLink invoice={invoice} block />
      <div className="flex gap-x-4">
        <InvoiceLinks invoice={invoice} />
      </div>
    </li>
  )
}
