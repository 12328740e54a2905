// The parts of an invoice, which the table and the cards on narrow screens share.
import { Download, ExternalLink } from 'lucide-react'
import { use, type ReactNode } from 'react'

import { Badge } from '@/components/badge'
import { Instant } from '@/components/instant'
import type { Invoice } from '@/lib/api/types'

import { invoiceState, takenBack, toPay } from './invoice-state'
import { formatMinorUnits } from './money'
import { ReadOnly } from './read-only'
import { stripeAddress } from './stripe-address'

type Of = { invoice: Invoice }

/** More lines than these are folded. */
const LINES_SHOWN = 4

export function InvoiceName({ invoice }: Of) {
  return (
    <>
      <span className="block wrap-anywhere">{invoice.number ?? 'No number yet'}</span>
      <Instant at={invoice.created} day className="text-xs font-normal whitespace-nowrap text-ink-faint" />
    </>
  )
}

export function InvoiceStatus({ invoice }: Of) {
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

export function InvoicePeriod({ invoice }: Of) {
  return (
    <span className="whitespace-nowrap">
      <Instant at={invoice.period_start} day /> – <Instant at={invoice.period_end} day />
    </span>
  )
}

export function InvoiceAmount({ invoice }: Of) {
  const { total, net_total, amount_remaining, currency, status } = invoice
  const isPartlyDue = status === 'open' && amount_remaining !== net_total
  const parts = takenBack(invoice)
  return (
    <span className="whitespace-nowrap">
      <span className="block text-ink">{formatMinorUnits(net_total, currency)}</span>
      {parts.length > 0 && <Detail>of {formatMinorUnits(total, currency)}</Detail>}
      {parts.map((part) => (
        <Detail key={part}>{part}</Detail>
      ))}
      {isPartlyDue && <Detail>{formatMinorUnits(amount_remaining, currency)} due</Detail>}
    </span>
  )
}

function Detail({ children }: { children: ReactNode }) {
  return <span className="block text-xs">{children}</span>
}

/** The lines of an invoice that has several, as after a change of the plan within a period. */
export function InvoiceLines({ invoice: { lines, has_more_lines, currency } }: Of) {
  if (lines.length < 2) return null
  return (
    <details open={lines.length <= LINES_SHOWN} className="mt-1 text-xs font-normal text-ink-faint">
      <summary className="cursor-pointer">{lines.length} lines</summary>
      <ul className="mt-1 grid gap-1">
        {lines.map(({ description, amount }, index) => (
          <li key={index} className="flex justify-between gap-4">
            <span className="wrap-anywhere">{description ?? 'No description'}</span>
            <span className="whitespace-nowrap tabular-nums">{formatMinorUnits(amount, currency)}</span>
          </li>
        ))}
      </ul>
      {has_more_lines && <p className="mt-1">Stripe shows the other lines.</p>}
    </details>
  )
}

/** The ways to Stripe, but for the one to pay. */
export function InvoiceLinks({ invoice }: Of) {
  const name = invoice.number ?? invoice.id
  const isPayable = toPay(invoice) !== null && !use(ReadOnly)
  return (
    <>
      {!isPayable && (
        <Out to={invoice.hosted_invoice_url} name={`View invoice ${name} at Stripe`}>
          View <ExternalLink aria-hidden className="size-3.5" />
        </Out>
      )}
      <Out to={invoice.invoice_pdf} name={`Invoice ${name} as PDF`}>
        PDF <Download aria-hidden className="size-3.5" />
      </Out>
    </>
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
      className="inline-flex min-h-6 items-center gap-1 font-medium whitespace-nowrap text-accent-text underline-offset-3 hover:underline pointer-coarse:min-h-10"
    >
      {children}
    </a>
  )
}
