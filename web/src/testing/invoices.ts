// A paid invoice for tests.
import type { Invoice } from '@/lib/api/types'

export const PAID_INVOICE: Invoice = {
  id: 'in_1',
  number: 'GWI-0001',
  status: 'paid',
  currency: 'usd',
  total: 2900,
  amount_due: 2900,
  amount_paid: 2900,
  amount_remaining: 0,
  created: '2026-11-01T12:00:00Z',
  period_start: '2026-11-01T12:00:00Z',
  period_end: '2026-12-01T12:00:00Z',
  attempt_count: 1,
  next_payment_attempt: null,
  hosted_invoice_url: 'https://invoice.stripe.com/i/1',
  invoice_pdf: 'https://pay.stripe.com/invoice/1/pdf',
  failed_at: null,
  net_total: 2900,
  amount_refunded: 0,
  amount_credited: 0,
  amount_lost: 0,
  dispute: null,
  lines: [{ description: '1 × Starter', amount: 2900 }],
  has_more_lines: false,
}
