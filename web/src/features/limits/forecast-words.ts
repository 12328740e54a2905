// Says in words whether what is left lasts until the reset, and says so where that cannot be told.
import type { Forecast, LimitStatus, Limits, MetricForecast, Usage } from '@/lib/api/types'

import { metricsAt, type LimitedMetric } from './limit-level'

export type ForecastWords = {
  tone: 'ok' | 'warn' | 'danger' | 'neutral'
  /** The answer in a few words. */
  headline: string
  /** The same as a sentence, with what it rests on. */
  sentence: string
}

const DAY_MS = 86_400_000
const NOUNS = { tokens: 'token', runs: 'run' } as const

/** The answer to "will it last?". Dates are in `timeZone`, by default the reader's. */
export function forecastWords({ status, limits, forecast }: Usage, timeZone?: string): ForecastWords {
  if (!status || !limits) {
    return {
      tone: 'neutral',
      headline: 'No limits are known',
      sentence: 'Without a known plan there is nothing to last for.',
    }
  }
  const day = (instant: string) => dayAndMonth(instant, timeZone)
  if (status.hard_limit_reached) return reachedWords(status, limits, day)
  if (!forecast?.tokens || !forecast.runs) return silentWords(forecast)
  const first = earliest(forecast)
  return first ? runsOutWords(first, status, day) : lastsWords(forecast, limits, day)
}

function reachedWords(status: LimitStatus, limits: Limits, day: (instant: string) => string): ForecastWords {
  const names = metricsAt(status, limits, 'hard').map((metric) => NOUNS[metric])
  const which = names.length > 1 ? 'token and run limits are' : `${names[0] ?? 'hard'} limit is`
  const sentence = `The ${which} reached. The reset is on ${day(status.period_resets_at)}.`
  return { tone: 'danger', headline: 'Used up', sentence }
}

function silentWords(forecast: Forecast | null): ForecastWords {
  if (forecast?.reason === 'period_over') {
    return { tone: 'neutral', headline: 'The period is over', sentence: 'The next one begins at the reset.' }
  }
  const days = forecast?.basis_days ?? 0
  const known =
    days === 0 ? 'none has any so far' : `${days} ${days === 1 ? 'day has' : 'days have'} some so far`
  return {
    tone: 'neutral',
    headline: 'Too early to tell',
    sentence: `A forecast needs a full day of the period, and usage on two days: ${known}.`,
  }
}

type RunningOut = { metric: LimitedMetric; at: string }

function earliest({ tokens, runs }: Forecast): RunningOut | undefined {
  const instants = [outOf('tokens', tokens), outOf('runs', runs)].filter((found) => found !== null)
  return instants.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))[0]
}

function outOf(metric: LimitedMetric, forecast: MetricForecast | null): RunningOut | null {
  return forecast?.reached_at ? { metric, at: forecast.reached_at } : null
}

function runsOutWords(
  { metric, at }: RunningOut,
  status: LimitStatus,
  day: (instant: string) => string,
): ForecastWords {
  const days = Math.floor((Date.parse(status.period_resets_at) - Date.parse(at)) / DAY_MS)
  const before = days < 1 ? 'less than a day' : days === 1 ? 'a day' : `${days} days`
  return {
    tone: 'warn',
    headline: `Until ${day(at)}`,
    sentence: `At this pace the ${NOUNS[metric]} limit is reached on ${day(at)}, ${before} before the reset.`,
  }
}

function lastsWords(
  { tokens, runs }: Forecast,
  limits: Limits,
  day: (instant: string) => string,
): ForecastWords {
  const softAt = tokens?.soft_reached_at ?? runs?.soft_reached_at
  const metric = tokens?.soft_reached_at ? 'tokens' : 'runs'
  const soft = softAt ? `, though ${limits.soft_percent}% of the ${metric} are used by ${day(softAt)}` : ''
  return {
    tone: 'ok',
    headline: 'Until the reset',
    sentence: `At this pace tokens and runs last until the reset${soft}.`,
  }
}

function dayAndMonth(instant: string, timeZone: string | undefined): string {
  const zone = timeZone === undefined ? {} : { timeZone }
  return new Date(instant).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', ...zone })
}
