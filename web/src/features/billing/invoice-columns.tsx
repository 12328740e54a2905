import { Download, ExternalLink } from 'lucide-react'
import type { ReactNode } from 'react'

import { Badge } from '@/components/badge'
import type { Column } from '@/components/data-table'
import { Instant } from '@/components/instant'
import type { Tone } from '@/components/tone'
import type { Invoice } from '@/lib/api/types'

import { formatMinorUnits } from './money'
import { stripeAddress } from './stripe-address'

export const invoiceColumns: Column<Invoice>[] = [
  { key: 'number', header: 'Invoice', cell: (invoice) => <Name invoice={invoice} /> },
  { key: 'status', header: 'Status', cell: (invoice) => <Status invoice={invoice} /> },
  { key: 'period', header: 'Period', hideBelow: 'md', cell: (invoice) => <Period invoice={invoice} /> },
  { key: 'amount', header: 'Amount', align: 'end', cell: (invoice) => <Amount invoice={invoice} /> },
  {
    key: 'links',
    header: 'Links',
    headerHidden: true,
    align: 'end',
    cell: (invoice) => <Links invoice={invoice} />,
  },
]

type State = { tone: Tone; label: string }

const STATES: Record<string, State> = {
  draft: { tone: 'neutral', label: 'Draft' },
  open: { tone: 'info', label: 'Open' },
  paid: { tone: 'ok', label: 'Paid' },
  void: { tone: 'neutral', label: 'Void' },
  uncollectible: { tone: 'danger', label: 'Uncollectible' },
}

/** Unknown states keep Stripe's name. */
function invoiceState({ status, failed_at }: Pick<Invoice, 'status' | 'failed_at'>): State {
  if (status === 'open' && failed_at !== null) return { tone: 'danger', label: 'Payment failed' }
  return STATES[status] ?? { tone: 'neutral', label: status }
}

type Of = { invoice: Invoice }

function Name({ invoice }: Of) {
  return (
    <>
      <span className="block wrap-anywhere">{invoice.number ?? 'No number yet'}</span>
      <Instant at={invoice.created} day className="text-xs font-normal whitespace-nowrap text-ink-faint" />
    </>
  )
}

function Status({ invoice }: Of) {
  const { tone, label } = invoiceState(invoice)
  const failedAt = invoice.status === 'open' ? invoice.failed_at : null
  return (
    <>
      <Badge tone={tone}>{label}</Badge>
      {failedAt !== null && <FailedAttempt invoice={invoice} failedAt={failedAt} />}
    </>
  )
}

function FailedAttempt({ invoice, failedAt }: Of & { failedAt: string }) {
  const { attempt_count, next_payment_attempt } = invoice
  return (
    <p className="mt-1 max-w-64 min-w-32 text-xs text-ink-faint">
      Attempt {attempt_count} failed on <Instant at={failedAt} day />.{' '}
      {next_payment_attempt === null ? (
        'No further attempts are scheduled. Pay it at Stripe.'
      ) : (
        <>
          Next attempt on <Instant at={next_payment_attempt} day />.
        </>
      )}
    </p>
  )
}

function Period({ invoice }: Of) {
  return (
    <span className="whitespace-nowrap">
      <Instant at={invoice.period_start} day /> – <Instant at={invoice.period_end} day />
    </span>
  )
}

function Amount({ invoice }: Of) {
  const { total, amount_remaining, currency, status } = invoice
  const isPartlyDue = status === 'open' && amount_remaining !== total
  return (
    <span className="whitespace-nowrap">
      <span className="block text-ink">{formatMinorUnits(total, currency)}</span>
      {isPartlyDue && <span className="text-xs">{formatMinorUnits(amount_remaining, currency)} due</span>}
    </span>
  )
}

function Links({ invoice }: Of) {
  const name = invoice.number ?? invoice.id
  const pay = invoice.status === 'open'
  return (
    <span className="inline-flex flex-wrap justify-end gap-x-3 gap-y-1">
      <Out to={invoice.hosted_invoice_url} name={`${pay ? 'Pay' : 'View'} invoice ${name} at Stripe`}>
        {pay ? 'Pay' : 'View'} <ExternalLink aria-hidden className="size-3.5" />
      </Out>
      <Out to={invoice.invoice_pdf} name={`Invoice ${name} as PDF`}>
        PDF <Download aria-hidden className="size-3.5" />
      </Out>
    </span>
  )
}

type OutProps = { to: string | null; name: string; children: ReactNode }

/** A link to Stripe; none where there is no address, or one that is not to be trusted. */
function Out({ to, name, children }: OutProps) {
  const address = stripeAddress(to)
  if (address === null) return null
  return (
    <a
      href={address}
      target="_blank"
      rel="noopener noreferrer"
      aria-label={`${name} (opens in a new tab)`}
      className="inline-flex min-h-6 items-center gap-1 font-medium text-accent-text underline-offset-3 hover:underline pointer-coarse:min-h-10"
    >
      {children}
    </a>
  )
}
