// Cost, tokens and calls: how to read and format each.
import type { Amounts, BreakdownRow } from '@/lib/api/types'
import { decimalUsdOf, formatCompact, formatInteger, formatUsd, formatUsdFine, nanoUsdOf } from '@/lib/format'

export type Metric = 'cost' | 'tokens' | 'calls'

export const METRICS = [
  { value: 'cost', label: 'Cost' },
  { value: 'tokens', label: 'Tokens' },
  { value: 'calls', label: 'Calls' },
] as const

/** The measure of some amounts; cost is in nano-USD. */
export function measure(amounts: Amounts, metric: Metric): bigint {
  if (metric === 'cost') return nanoUsdOf(amounts.cost_usd)
  return BigInt(metric === 'tokens' ? amounts.tokens.total : amounts.calls)
}

/** The measure of a row of a breakdown; cost is in nano-USD. */
export function measureRow(row: BreakdownRow, metric: Metric): bigint {
  return metric === 'cost' ? nanoUsdOf(row.cost_usd) : BigInt(row[metric])
}

/** A measure to read: "$12.35" or "1,234,567". */
export function formatMeasure(value: bigint, metric: Metric): string {
  return metric === 'cost' ? formatUsd(decimalUsdOf(value)) : formatInteger(value)
}

/** The same for where there is little room: "$12K", "$0.005" or "1.2M". */
export function formatMeasureShort(value: bigint, metric: Metric): string {
  if (metric !== 'cost') return formatCompact(value)
  return value >= 10_000_000_000n
    ? `$${formatCompact(value / 1_000_000_000n)}`
    : formatUsdFine(decimalUsdOf(value))
}

/** How much of a whole, in percent, cut to one decimal; of nothing, nothing. */
export function shareOf(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * 1000n) / whole) / 10
}
