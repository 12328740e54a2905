import { ExternalLink } from 'lucide-react'
import { use } from 'react'

import { LinkButton, type ButtonSize } from '@/components/button'
import type { Invoice } from '@/lib/api/types'

import { toPay } from './invoice-state'
import { ReadOnly } from './read-only'

type PayLinkProps = { invoice: Invoice; size?: ButtonSize; block?: boolean }

/** "Pay $99.00", which leads to Stripe's page of the invoice; nothing if there is nothing to pay. */
export function PayLink({ invoice, size, block }: PayLinkProps) {
  const pay = toPay(invoice)
  if (use(ReadOnly) || pay === null) return null
  const name = invoice.number ?? invoice.id
  return (
    <LinkButton
      to={pay.address}
      target="_blank"
      rel="noopener noreferrer"
      variant="primary"
      size={size}
      block={block}
      icon={ExternalLink}
      aria-label={`Pay ${pay.amount}: invoice ${name} at Stripe (opens in a new tab)`}
    >
      Pay {pay.amount}
    </LinkButton>
  )
}
