import { formatMinorUnits } from '@/features/billing/money'
import type { Statement } from '@/lib/api/types'

/** The sums of invoices, one for each currency: "$29.00 and €19.00". */
export function invoicedText(sums: Statement['invoiced']): string {
  if (sums.length === 0) return 'None'
  return sums.map(({ amount, currency }) => formatMinorUnits(amount, currency)).join(' and ')
}
