import type { SeriesRow } from '@/lib/api/types'
import { nanoUsdOf } from '@/lib/format'

import { shareOf } from './metric'

/** What the table shows of a row; these can be put together for a provider. */
type Figures = {
  calls: number
  unpricedCalls: number
  errors: number
  inputTokens: number
  outputTokens: number
  totalTokens: number
  costNanoUsd: bigint
}

/** `model` is null where models are put together. */
type Named = Figures & { provider: string; model: string | null }

/** `costPercent` is of the cost of all rows. */
export type BreakdownLine = Named & { key: string; costPercent: number }

/** A line for each model at each provider. */
export function linesByModel(series: readonly SeriesRow[]): BreakdownLine[] {
  return withShares(series.map((row) => ({ ...figuresOf(row), provider: row.provider, model: row.model })))
}

/** A line for each provider. */
export function linesByProvider(series: readonly SeriesRow[]): BreakdownLine[] {
  const sums = new Map<string, Named>()
  for (const row of series) {
    const { provider } = row
    const sum = sums.get(provider)
    const figures = figuresOf(row)
    sums.set(provider, { ...(sum ? sumOf(sum, figures) : figures), provider, model: null })
  }
  return withShares([...sums.values()])
}

function figuresOf({ calls, unpriced_calls, errors, tokens, cost_usd }: SeriesRow): Figures {
  return {
    calls,
    unpricedCalls: unpriced_calls,
    errors,
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    totalTokens: tokens.total,
    costNanoUsd: nanoUsdOf(cost_usd),
  }
}

function sumOf(a: Figures, b: Figures): Figures {
  return {
    calls: a.calls + b.calls,
    unpricedCalls: a.unpricedCalls + b.unpricedCalls,
    errors: a.errors + b.errors,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
    costNanoUsd: a.costNanoUsd + b.costNanoUsd,
  }
}

function withShares(rows: readonly Named[]): BreakdownLine[] {
  const total = rows.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0n)
  return rows.map((row, index) => ({
    ...row,
    // The place tells apart what was merged into "other" from a model that somebody called so.
    key: `${index}`,
    costPercent: shareOf(row.costNanoUsd, total),
  }))
}
