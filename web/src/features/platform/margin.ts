// How much of a margin is known: costs without a price make it smaller, invoices in other currencies larger.
import { leftOutOf } from '@/lib/cost'
import {
  capitalized,
  decimalUsdOf,
  formatInteger,
  formatPercent,
  formatUsd,
  formatUsdExact,
  formatUsdFloor,
  nanoUsdOf,
} from '@/lib/format'

export type Bound = 'exact' | 'at least' | 'at most' | 'about'

type LeftOut = { unpriced_calls: number; incomplete_calls: number; other_currency_invoices: number }

const CENT_NANO = 10_000_000n

export function costBound(sums: LeftOut): Bound {
  return sums.unpriced_calls + sums.incomplete_calls > 0 ? 'at least' : 'exact'
}

export function revenueBound({ other_currency_invoices }: LeftOut): Bound {
  return other_currency_invoices > 0 ? 'at least' : 'exact'
}

export function marginBound(sums: LeftOut): Bound {
  const isCostOpen = costBound(sums) !== 'exact'
  if (revenueBound(sums) === 'exact') return isCostOpen ? 'at most' : 'exact'
  return isCostOpen ? 'about' : 'at least'
}

/** The amount, never rounded past its bound. */
export function boundedUsd(usd: string, bound: Bound): string {
  if (bound === 'at least') return formatUsdFloor(usd)
  return formatUsd(bound === 'at most' ? upToCents(usd) : usd)
}

export function boundedUsdInWords(usd: string, bound: Bound): string {
  return bound === 'exact' ? formatUsdExact(usd) : `${bound} ${formatUsdExact(usd)}`
}

function upToCents(usd: string): string {
  const nano = nanoUsdOf(usd)
  const rest = nano % CENT_NANO
  return decimalUsdOf(nano - rest + (rest > 0n ? CENT_NANO : 0n))
}

/** What the sums leave out, in a sentence; null if nothing. */
export function missingFrom(sums: LeftOut): string | null {
  const { other_currency_invoices: invoices } = sums
  const parts = [
    ...(costBound(sums) === 'exact' ? [] : [`the provider cost of ${leftOutOf(sums)}`]),
    ...(invoices === 0
      ? []
      : [`${formatInteger(invoices)} ${invoices === 1 ? 'invoice' : 'invoices'} in other currencies`]),
  ]
  return parts.length === 0 ? null : `Leaves out ${parts.join(' and ')}.`
}

/** What a margin means: its share of the revenue, as far as it is known, or how it is computed. */
export function marginMeaning(sums: LeftOut & { margin_usd: string; revenue_usd: string }): string {
  const revenue = Number(sums.revenue_usd)
  if (revenue <= 0) return 'Revenue minus provider cost.'
  const share = `${formatPercent((Number(sums.margin_usd) / revenue) * 100)} of revenue.`
  const bound = marginBound(sums)
  return bound === 'exact' ? share : capitalized(`${bound} ${share}`)
}

/** "November 2026" of "2026-11". */
export function monthName(month: string): string {
  const name = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' })
  return name.format(new Date(`${month}-01T00:00:00Z`))
}
