import type { Column } from '@/components/data-table'
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

export const invoiceColumns: Column<Invoice>[] = [
  {
    key: 'number',
    header: 'Invoice',
    cell: (invoice) => (
      <>
        <InvoiceName invoice={invoice} />
        <InvoiceLines invoice={invoice} />
      </>
    ),
  },
  { key: 'status', header: 'Status', cell: (invoice) => <InvoiceStatus invoice={invoice} /> },
  {
    key: 'period',
    header: 'Period',
    hideBelow: 'md',
    cell: (invoice) => <InvoicePeriod invoice={invoice} />,
  },
  { key: 'amount', header: 'Amount', align: 'end', cell: (invoice) => <InvoiceAmount invoice={invoice} /> },
  {
    key: 'links',
    header: 'Links',
    headerHidden: true,
    align: 'end',
    cell: (invoice) => (
      <span className="inline-flex flex-wrap items-center justify-end gap-x-3 gap-y-1">
        <PayLink invoice={invoice} size="sm" />
        <InvoiceLinks invoice={invoice} />
      </span>
    ),
  },
]
