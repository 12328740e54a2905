// Sums and how much of them is known: "$1.23", "at least $1.23" or "unknown".
import type { Aggregate } from './api/types'
import { decimalUsdOf, formatInteger, formatUsd, formatUsdExact, formatUsdFloor, nanoUsdOf } from './format'

export type SumCostStatus = Aggregate['cost_status']

/** A sum; of costs in nano-USD. The API says how much of a cost is known; other sums are complete. */
export type Sum = { value: bigint; status: SumCostStatus }

export const NOTHING: Sum = { value: 0n, status: 'complete' }

/** Return true if the sum is zero, and not only its known part. */
export function isNothing({ value, status }: Sum): boolean {
  return value === 0n && status === 'complete'
}

export function costOf({ cost_usd, cost_status }: { cost_usd: string; cost_status: SumCostStatus }): Sum {
  return { value: nanoUsdOf(cost_usd), status: cost_status }
}

/** The sum of what the API sent in parts: complete only if every part is. */
export function sumOf(parts: readonly Sum[]): Sum {
  const value = parts.reduce((sum, part) => sum + part.value, 0n)
  if (parts.every(({ status }) => status === 'complete')) return { value, status: 'complete' }
  return { value, status: value === 0n ? 'unknown' : 'incomplete' }
}

/** The digits of a cost; a cost that leaves something out is cut and never rounded up. */
export function digitsOf({ value, status }: Sum): string {
  const decimal = decimalUsdOf(value)
  return status === 'complete' ? formatUsd(decimal) : formatUsdFloor(decimal)
}

/** How many decimals those digits have. */
export function decimalsOf(cost: Sum): number {
  return cost.status === 'unknown' ? 0 : (digitsOf(cost).split('.')[1]?.length ?? 0)
}

/** A cost in a sentence. `CostText` is its short form. */
export function costInWords(cost: Sum): string {
  return withStatus(cost, digitsOf(cost))
}

/** The same with every digit, for titles. */
export function exactCostInWords(cost: Sum): string {
  return withStatus(cost, formatUsdExact(decimalUsdOf(cost.value)))
}

function withStatus({ status }: Sum, digits: string): string {
  if (status === 'unknown') return 'unknown'
  return status === 'incomplete' ? `at least ${digits}` : digits
}

type CallsLeftOut = { unpriced_calls: number; incomplete_calls: number }

/** The calls that a cost leaves out: "12 unpriced, 3 incomplete calls". */
export function leftOutOf({ unpriced_calls, incomplete_calls }: CallsLeftOut): string {
  const kinds = [
    [unpriced_calls, 'unpriced'],
    [incomplete_calls, 'incomplete'],
  ] as const
  const present = kinds.filter(([count]) => count > 0)
  const noun = present.at(-1)?.[0] === 1 ? 'call' : 'calls'
  // A line never ends after a number.
  return `${present.map(([count, kind]) => `${formatInteger(count)}\u00a0${kind}`).join(', ')} ${noun}`
}
