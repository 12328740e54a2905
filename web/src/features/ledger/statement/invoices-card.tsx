import { Badge } from '@/components/badge'
import { Card } from '@/components/card'
import { InvoiceAmount } from '@/features/billing/invoice-parts'
import { invoiceState } from '@/features/billing/invoice-state'
import { formatMinorUnits } from '@/features/billing/money'
import type { Invoice, Statement } from '@/lib/api/types'
import { formatDay } from '@/lib/format'

export function InvoicesCard({ statement: { invoices } }: { statement: Statement }) {
  return (
    <Card title="Invoices" description="Created in this month, for your plan." flush>
      {invoices.length === 0 ? (
        <p className="px-4 pb-4 text-ink-soft sm:px-5">No invoices in this month.</p>
      ) : (
        <ul className="divide-y divide-line">
          {invoices.map((invoice) => (
            <InvoiceItem key={invoice.id} invoice={invoice} />
          ))}
        </ul>
      )}
    </Card>
  )
}

function InvoiceItem({ invoice }: { invoice: Invoice }) {
  const { tone, label } = invoiceState(invoice)
  return (
    <li className="break-inside-avoid px-4 py-3 sm:px-5">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1">
        <p className="font-medium wrap-anywhere text-ink">
          {invoice.number ?? 'No number yet'} <Badge tone={tone}>{label}</Badge>
          <span className="block text-xs font-normal text-ink-faint">
            {formatDay(invoice.created, 'UTC')}
          </span>
        </p>
        <p className="text-end font-medium tabular-nums">
          <InvoiceAmount invoice={invoice} />
        </p>
      </div>
      <ul className="mt-2 grid gap-1 text-ink-soft">
        {invoice.lines.map(({ description, amount }, index) => (
          <li key={index} className="flex justify-between gap-4">
            <span className="wrap-anywhere">{description ?? 'No description'}</span>
            <span className="whitespace-nowrap tabular-nums">
              {formatMinorUnits(amount, invoice.currency)}
            </span>
          </li>
        ))}
      </ul>
      {invoice.has_more_lines && <p className="mt-1 text-xs text-ink-faint">Stripe shows the other lines.</p>}
    </li>
  )
}
