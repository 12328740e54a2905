// Live usage: what the API answered, with what was counted since added to every figure that counters can tell.
import type {
  Aggregate,
  BreakdownRow,
  DayRow,
  Forecast,
  LimitStatus,
  Limits,
  SeriesRow,
  Usage,
} from '@/lib/api/types'
import { decimalUsdOf, nanoUsdOf } from '@/lib/format'

import { amountsOf, grown, grownRow } from './amounts'
import { addTotals, seriesKey, type Rows, type Totals } from './counters'
import { growthOf, type Growth, type Heard } from './growth'

/** `read` as of what was heard; `read` itself if nothing is new. Runs, and instants foreseen, stay as the API told them. */
export function mergeLive(read: Usage, heard: Heard): Usage {
  const growth = growthOf(read, heard)
  if (!growth) return read
  const tokens = growth.total.get('total_tokens') ?? 0n
  return {
    ...read,
    aggregate: grownAggregate(read.aggregate, growth),
    daily: grownDays(read.daily, growth.days),
    status: read.status && read.limits ? statusAfter(read.status, read.limits, Number(tokens)) : read.status,
    forecast: read.forecast && grownForecast(read.forecast, growth.total),
  }
}

/** What was foreseen, with what has come since: until the API is asked again, never less than is used already. */
function grownForecast(read: Forecast, total: Totals): Forecast {
  const { tokens, cost_usd_at_end: cost } = read
  const [moreTokens, moreNanoUsd] = [total.get('total_tokens') ?? 0n, total.get('cost_nanousd') ?? 0n]
  return {
    ...read,
    tokens: tokens && { ...tokens, at_end: tokens.at_end + Number(moreTokens) },
    cost_usd_at_end: cost === null ? null : decimalUsdOf(nanoUsdOf(cost) + moreNanoUsd),
  }
}

function grownAggregate(read: Aggregate, { total, series }: Growth): Aggregate {
  const of = (metric: string) => Number(total.get(metric) ?? 0n)
  return {
    ...read,
    total_llm_calls: read.total_llm_calls + of('calls'),
    total_tool_calls: read.total_tool_calls + of('tool_calls'),
    total_errors: read.total_errors + of('errors'),
    total_tokens: {
      input: read.total_tokens.input + of('input_tokens'),
      output: read.total_tokens.output + of('output_tokens'),
      total: read.total_tokens.total + of('total_tokens'),
      cache_read: read.total_tokens.cache_read + of('cache_read_tokens'),
      cache_write: read.total_tokens.cache_write + of('cache_write_tokens'),
      reasoning: read.total_tokens.reasoning + of('reasoning_tokens'),
    },
    total_latency_ms: read.total_latency_ms + of('latency_ms'),
    total_cost_usd: decimalUsdOf(nanoUsdOf(read.total_cost_usd) + (total.get('cost_nanousd') ?? 0n)),
    unpriced_calls: read.unpriced_calls + of('unpriced_calls'),
    by_provider: grownBreakdown(read.by_provider, series, (row) => row.provider),
    by_model: grownBreakdown(read.by_model, series, (row) => row.model),
    series: grownSeries(read.series, series),
  }
}

function grownBreakdown(
  read: Record<string, BreakdownRow>,
  series: Rows,
  nameOf: (row: { provider: string; model: string }) => string,
): Record<string, BreakdownRow> {
  const growth = new Map<string, Totals>()
  for (const row of series.values()) {
    const totals = growth.get(nameOf(row)) ?? new Map<string, bigint>()
    growth.set(nameOf(row), totals)
    addTotals(totals, row.totals)
  }
  const rows = new Map(Object.entries(read))
  for (const [name, totals] of growth) rows.set(name, grownRow(rows.get(name), totals))
  return Object.fromEntries(rows)
}

function grownSeries(read: SeriesRow[], growth: Rows): SeriesRow[] {
  const known = new Set<string>()
  const rows = read.map((row) => {
    const key = seriesKey(row.provider, row.model)
    const added = known.has(key) ? undefined : growth.get(key)
    known.add(key)
    return added ? { ...row, ...grown(row, added.totals) } : row
  })
  const fresh = [...growth].filter(([key]) => !known.has(key))
  return [
    ...rows,
    ...fresh.map(([, { provider, model, totals }]) => ({ provider, model, ...amountsOf(totals) })),
  ]
}

function grownDays(read: DayRow[], growth: Map<string, Totals>): DayRow[] {
  const dates = new Set(read.map((row) => row.date))
  const rows = read.map((row) => ({
    ...row,
    ...grown(row, growth.get(row.date) ?? new Map<string, bigint>()),
  }))
  const fresh = [...growth].filter(([date]) => !dates.has(date))
  return [...rows, ...fresh.map(([date, totals]) => ({ date, ...amountsOf(totals) }))].sort((a, b) =>
    a.date.localeCompare(b.date),
  )
}

/** `read` after `tokens` more, by the rules of the API: percentages are cut, the soft cap is rounded up, the hard one down. */
export function statusAfter(read: LimitStatus, limits: Limits, tokens: number): LimitStatus {
  const used = read.tokens_used + tokens
  const hardCap = floorShare(limits.tokens, limits.hard_percent)
  const hard = used >= hardCap || read.runs_used >= floorShare(limits.runs, limits.hard_percent)
  const soft =
    used >= ceilShare(limits.tokens, limits.soft_percent) ||
    read.runs_used >= ceilShare(limits.runs, limits.soft_percent)
  return {
    ...read,
    tokens_used: used,
    tokens_remaining: Math.max(0, hardCap - used - read.tokens_held),
    token_usage_percent: percentOf(used, limits.tokens),
    soft_limit_reached: hard || soft,
    hard_limit_reached: hard,
  }
}

function floorShare(limit: number, percent: number): number {
  return Number((BigInt(limit) * BigInt(percent)) / 100n)
}

function ceilShare(limit: number, percent: number): number {
  return Number((BigInt(limit) * BigInt(percent) + 99n) / 100n)
}

/** Cut to two decimals; of a limit of nothing, anything used is all of it. */
function percentOf(used: number, limit: number): number {
  if (limit === 0) return used > 0 ? 100 : 0
  return Number((BigInt(used) * 10_000n) / BigInt(limit)) / 100
}
