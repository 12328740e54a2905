// The rows of the breakdown: usage by model and provider, or by provider alone, each with its share of the cost.
import { totalsOf, amountsOf } from '@/features/live/amounts'
import { addTotals, type Totals } from '@/features/live/counters'
import type { Amounts, SeriesRow } from '@/lib/api/types'
import { nanoUsdOf } from '@/lib/format'

import { shareOf } from './metric'

export type BreakdownLine = Amounts & {
  key: string
  provider: string
  /** Null where models are put together. */
  model: string | null
  costNanoUsd: bigint
  /** Of the cost of all rows, in percent. */
  costPercent: number
}

type Named = Amounts & { provider: string; model: string | null }

/** A line for each model at each provider. */
export function linesByModel(series: readonly SeriesRow[]): BreakdownLine[] {
  return withShares(series)
}

/** A line for each provider. */
export function linesByProvider(series: readonly SeriesRow[]): BreakdownLine[] {
  const sums = new Map<string, Totals>()
  for (const row of series) {
    const sum = sums.get(row.provider) ?? new Map<string, bigint>()
    sums.set(row.provider, sum)
    addTotals(sum, totalsOf(row))
  }
  return withShares([...sums].map(([provider, totals]) => ({ provider, model: null, ...amountsOf(totals) })))
}

function withShares(rows: readonly Named[]): BreakdownLine[] {
  const costs = rows.map((row) => nanoUsdOf(row.cost_usd))
  const total = costs.reduce((sum, cost) => sum + cost, 0n)
  return rows.map((row, index) => {
    const costNanoUsd = costs[index] ?? 0n
    // The place tells apart what was merged into "other" from a model that somebody called so.
    return { ...row, key: `${index}`, costNanoUsd, costPercent: shareOf(costNanoUsd, total) }
  })
}
