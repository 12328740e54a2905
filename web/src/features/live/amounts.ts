// Carries the API's amounts to exact integers by metric and back: what is added up in between loses nothing.
import type { Amounts, BreakdownRow } from '@/lib/api/types'
import { decimalUsdOf, nanoUsdOf } from '@/lib/format'

import type { Totals } from './counters'

const COUNTS = ['calls', 'tool_calls', 'errors', 'unpriced_calls', 'latency_ms'] as const
const TOKENS = ['input', 'output', 'total', 'cache_read', 'cache_write', 'reasoning'] as const
const COST = 'cost_nanousd'

/** The metrics of `amounts`, those that are zero included. */
export function totalsOf(amounts: Amounts): Totals {
  const totals: Totals = new Map(COUNTS.map((name) => [name, BigInt(amounts[name])]))
  for (const name of TOKENS) totals.set(`${name}_tokens`, BigInt(amounts.tokens[name]))
  return totals.set(COST, nanoUsdOf(amounts.cost_usd))
}

/** The amounts that `totals` are. */
export function amountsOf(totals: Totals): Amounts {
  const of = (metric: string) => Number(totals.get(metric) ?? 0n)
  return {
    calls: of('calls'),
    tool_calls: of('tool_calls'),
    errors: of('errors'),
    unpriced_calls: of('unpriced_calls'),
    latency_ms: of('latency_ms'),
    tokens: {
      input: of('input_tokens'),
      output: of('output_tokens'),
      total: of('total_tokens'),
      cache_read: of('cache_read_tokens'),
      cache_write: of('cache_write_tokens'),
      reasoning: of('reasoning_tokens'),
    },
    cost_usd: decimalUsdOf(totals.get(COST) ?? 0n),
  }
}

/** `amounts` with `growth` added. */
export function grown(amounts: Amounts, growth: Totals): Amounts {
  const totals = totalsOf(amounts)
  for (const [metric, amount] of growth) totals.set(metric, (totals.get(metric) ?? 0n) + amount)
  return amountsOf(totals)
}

/** A row of a breakdown with `growth` added. */
export function grownRow(row: BreakdownRow | undefined, growth: Totals): BreakdownRow {
  const of = (metric: string) => growth.get(metric) ?? 0n
  return {
    calls: (row?.calls ?? 0) + Number(of('calls')),
    tokens: (row?.tokens ?? 0) + Number(of('total_tokens')),
    cost_usd: decimalUsdOf(nanoUsdOf(row?.cost_usd ?? '0') + of(COST)),
  }
}
