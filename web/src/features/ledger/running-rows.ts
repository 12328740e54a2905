// The running total of a period, beside that of the one before, the limits and the forecast. All sums are the API's.
import type { Comparison, DayAmounts, Usage } from '@/lib/api/types'
import { costOf, type Sum } from '@/lib/cost'
import { nanoUsdOf } from '@/lib/format'
import { isLimited } from '@/lib/limit-text'

import { measure, type Metric } from './metric'

export type RunningDay = {
  label: string
  sum: Sum | null
  before: Sum | null
  /** On the last day that has begun, and at the end: the line between them is the forecast. */
  forecast: Sum | null
}

export type Line = { label: 'Alert' | 'Limit'; value: bigint }

export type Running = { days: RunningDay[]; lines: Line[]; atEnd: Sum | null }

/** The days of the period, beside as many of the one before. `usage` gives limits and a forecast for the current period only. */
export function runningOf(comparison: Comparison, usage: Usage, metric: Metric): Running {
  const atEnd = forecastOf(usage, metric)
  const days = comparison.days.flatMap(({ label, ...day }) => (label === null ? [] : [{ label, ...day }]))
  const begun = days.filter(({ sum }) => sum !== null).length
  const measured = (amounts: DayAmounts | null) => (amounts === null ? null : measure(amounts, metric))
  return {
    days: days.map(({ label, sum, previous_sum }, index) => ({
      label,
      sum: measured(sum),
      before: measured(previous_sum),
      forecast: atEnd && (index === begun - 1 ? measured(sum) : index === days.length - 1 ? atEnd : null),
    })),
    lines: linesOf(usage, metric),
    atEnd,
  }
}

function forecastOf({ forecast }: Usage, metric: Metric): Sum | null {
  if (metric === 'tokens' && forecast?.tokens)
    return { value: BigInt(forecast.tokens.at_end), status: 'complete' }
  const { cost_usd_at_end: cost_usd, cost_status } = forecast ?? {}
  return metric === 'cost' && cost_usd && cost_status ? costOf({ cost_usd, cost_status }) : null
}

function linesOf({ limits, status }: Usage, metric: Metric): Line[] {
  if (!limits || !status) return []
  if (metric === 'tokens' && isLimited(limits.tokens)) {
    return [
      { label: 'Alert', value: BigInt(limits.soft_tokens) },
      { label: 'Limit', value: BigInt(limits.hard_tokens) },
    ]
  }
  const { soft_provider_cost_usd: soft, hard_provider_cost_usd: hard } = limits
  if (metric !== 'cost' || soft === null || hard === null) return []
  return [
    { label: 'Alert', value: nanoUsdOf(soft) },
    { label: 'Limit', value: nanoUsdOf(hard) },
  ]
}

/** The largest of what is drawn. A line far above all of it would flatten it, so it is only named. */
export function topOf({ days, lines }: Running): bigint {
  const sums = days.flatMap(({ sum, before, forecast }) => [sum, before, forecast])
  const values = sums.flatMap((sum) => (sum ? [sum.value] : []))
  const highest = values.reduce((top, value) => (value > top ? value : top), 0n)
  return lines.reduce((top, { value }) => (value > top && value <= 2n * highest ? value : top), highest)
}
