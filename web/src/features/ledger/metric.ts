// Cost, tokens and calls: how to read and format each.
import type { Amounts } from '@/lib/api/types'
import { costInWords, costOf, type Sum } from '@/lib/cost'
import { formatInteger } from '@/lib/format'

export type Metric = 'cost' | 'tokens' | 'calls'

export const METRICS = [
  { value: 'cost', label: 'Cost' },
  { value: 'tokens', label: 'Tokens' },
  { value: 'calls', label: 'Calls' },
] as const

type Measured = Pick<Amounts, 'calls' | 'cost_usd' | 'cost_status'> & { tokens: { total: number } }

/** The measure of some amounts. */
export function measure(amounts: Measured, metric: Metric): Sum {
  if (metric === 'cost') return costOf(amounts)
  return { value: BigInt(metric === 'tokens' ? amounts.tokens.total : amounts.calls), status: 'complete' }
}

/** A measure in a sentence: "$12.35", "at least $12.35" or "1,234,567". */
export function formatMeasure(sum: Sum, metric: Metric): string {
  return metric === 'cost' ? costInWords(sum) : formatInteger(sum.value)
}

/** How much of a whole, in percent, cut to one decimal; of nothing, nothing. */
export function shareOf(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * 1000n) / whole) / 10
}
