import type { Forecast, LimitStatus, Limits, Usage } from '@/lib/api/types'

import { LIMIT_NAMES, limitReached, NOUNS, type LimitedMetric } from './limit-level'

export type ForecastText = {
  tone: 'ok' | 'warn' | 'danger' | 'neutral'
  headline: string
  sentence: string
}

const DAY_MS = 86_400_000

/** Forecast in words. Dates are in `timeZone`, by default the reader's. */
export function forecastText({ status, limits, forecast }: Usage, timeZone?: string): ForecastText {
  if (!status || !limits) {
    return {
      tone: 'neutral',
      headline: 'No limits',
      sentence: 'This plan has no known limits to forecast.',
    }
  }
  const day = (instant: string) => dayAndMonth(instant, timeZone)
  if (status.hard_limit_reached) return limitReachedText(status, limits, day)
  if (!forecast?.tokens || !forecast.runs) return noForecastText(forecast)
  const first = earliest(forecast, 'reached_at')
  return first ? runsOutText(first, status, day) : lastsText(forecast, limits, day)
}

function limitReachedText(
  status: LimitStatus,
  limits: Limits,
  day: (instant: string) => string,
): ForecastText {
  const sentence = `${limitReached(status, limits)}. Usage resets on ${day(status.period_resets_at)}.`
  return { tone: 'danger', headline: 'Limit reached', sentence }
}

function noForecastText(forecast: Forecast | null): ForecastText {
  if (forecast?.reason === 'period_over') {
    return { tone: 'neutral', headline: 'Period ended', sentence: 'The next period starts at the reset.' }
  }
  const days = forecast?.basis_days ?? 0
  return {
    tone: 'neutral',
    headline: 'Not enough data',
    sentence: `A forecast needs one full day and usage on 2 days. So far: ${days} ${days === 1 ? 'day' : 'days'}.`,
  }
}

type Reached = { metric: LimitedMetric; at: string }

/** The metric that reaches its warning or its limit before the others. */
function earliest(forecast: Forecast, threshold: 'soft_reached_at' | 'reached_at'): Reached | undefined {
  const { tokens, runs, cost_soft_reached_at: soft_reached_at, cost_reached_at: reached_at } = forecast
  const instants = { tokens, runs, cost: { soft_reached_at, reached_at } }
  return (['tokens', 'runs', 'cost'] as const)
    .flatMap((metric) => {
      const at = instants[metric]?.[threshold]
      return at ? [{ metric, at }] : []
    })
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))[0]
}

function runsOutText(
  { metric, at }: Reached,
  status: LimitStatus,
  day: (instant: string) => string,
): ForecastText {
  const days = Math.floor((Date.parse(status.period_resets_at) - Date.parse(at)) / DAY_MS)
  const before = days < 1 ? 'less than a day' : days === 1 ? 'a day' : `${days} days`
  return {
    tone: 'warn',
    headline: `Limit on ${day(at)}`,
    sentence: `At this pace, you reach the ${NOUNS[metric]} limit on ${day(at)}, ${before} before the reset.`,
  }
}

function lastsText(forecast: Forecast, limits: Limits, day: (instant: string) => string): ForecastText {
  const warned = earliest(forecast, 'soft_reached_at')
  const share = warned && `${limits.soft_percent}% of ${warned.metric === 'cost' ? 'the ' : ''}`
  const soft = warned ? `. You reach ${share}${LIMIT_NAMES[warned.metric]} on ${day(warned.at)}` : ''
  const lasting = limits.provider_cost_usd === null ? 'tokens and runs' : 'tokens, runs and the cost limit'
  return {
    tone: 'ok',
    headline: 'Within limits',
    sentence: `At this pace, ${lasting} last until the reset${soft}.`,
  }
}

function dayAndMonth(instant: string, timeZone: string | undefined): string {
  const zone = timeZone === undefined ? {} : { timeZone }
  return new Date(instant).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', ...zone })
}
