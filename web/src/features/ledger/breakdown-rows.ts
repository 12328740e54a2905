import type { SeriesRow } from '@/lib/api/types'
import { costOf, sumOf, type Sum } from '@/lib/cost'

import { shareOf } from './metric'

/** What the table shows of a row; these can be put together for a provider. */
type Figures = {
  calls: number
  unpriced_calls: number
  incomplete_calls: number
  errors: number
  inputTokens: number
  outputTokens: number
  totalTokens: number
  cost: Sum
}

/** `model` is null where models are put together. */
type Named = Figures & { provider: string; model: string | null }

/** `costPercent` is of the known cost of all usage, that of tools included. */
export type BreakdownLine = Named & { key: string; costPercent: number }

/** A line for each model at each provider. */
export function linesByModel(series: readonly SeriesRow[]): BreakdownLine[] {
  const rows = modelsOf(series).map((row) => ({
    ...figuresOf(row),
    provider: row.provider,
    model: row.model,
  }))
  return withShares(rows, series)
}

/** A line for each provider of models. */
export function linesByProvider(series: readonly SeriesRow[]): BreakdownLine[] {
  const sums = new Map<string, Named>()
  for (const row of modelsOf(series)) {
    const { provider } = row
    const before = sums.get(provider)
    const figures = figuresOf(row)
    sums.set(provider, { ...(before ? together(before, figures) : figures), provider, model: null })
  }
  return withShares([...sums.values()], series)
}

function modelsOf(series: readonly SeriesRow[]): SeriesRow[] {
  return series.filter(({ category }) => category === 'llm')
}

function figuresOf(row: SeriesRow): Figures {
  return {
    calls: row.calls,
    unpriced_calls: row.unpriced_calls,
    incomplete_calls: row.incomplete_calls,
    errors: row.errors,
    inputTokens: row.tokens.input,
    outputTokens: row.tokens.output,
    totalTokens: row.tokens.total,
    cost: costOf(row),
  }
}

function together(a: Figures, b: Figures): Figures {
  return {
    calls: a.calls + b.calls,
    unpriced_calls: a.unpriced_calls + b.unpriced_calls,
    incomplete_calls: a.incomplete_calls + b.incomplete_calls,
    errors: a.errors + b.errors,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
    cost: sumOf([a.cost, b.cost]),
  }
}

function withShares(rows: readonly Named[], series: readonly SeriesRow[]): BreakdownLine[] {
  const total = sumOf(series.map(costOf))
  return rows.map((row, index) => ({
    ...row,
    // The place distinguishes what was merged into "other" from a model that somebody called so.
    key: `${index}`,
    costPercent: shareOf(row.cost.value, total.value),
  }))
}
