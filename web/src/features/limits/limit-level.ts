// Compares usage with the soft and hard amounts of the API, never with a percentage of our own.
import type { Level } from '@/components/meter'
import type { Limits, LimitStatus } from '@/lib/api/types'
import { nanoUsdOf } from '@/lib/format'

const METRICS = ['tokens', 'runs', 'cost'] as const

export type LimitedMetric = (typeof METRICS)[number]

/** The level that each metric has reached. */
export function levelsOf(status: LimitStatus, limits: Limits): Record<LimitedMetric, Level> {
  return {
    tokens: levelOf(status.tokens_used, limits.soft_tokens, limits.hard_tokens),
    runs: levelOf(status.runs_used, limits.soft_runs, limits.hard_runs),
    cost: costLevelOf(status, limits),
  }
}

/** The metrics that have reached one of `levels`. */
export function metricsAt(status: LimitStatus, limits: Limits, ...levels: Level[]): LimitedMetric[] {
  const reached = levelsOf(status, limits)
  return METRICS.filter((metric) => levels.includes(reached[metric]))
}

export const NOUNS = { tokens: 'token', runs: 'run', cost: 'cost' } as const

/** What a share of the limit is of: "80% of tokens". */
export const LIMIT_NAMES = { tokens: 'tokens', runs: 'runs', cost: 'cost limit' } as const

const LIST = new Intl.ListFormat('en-GB', { type: 'conjunction' })

/** "tokens", "tokens and runs", "tokens, runs and cost limit". */
export function listed(words: readonly string[]): string {
  return LIST.format(words)
}

/** Sentence without its full stop: "You reached the token and run limits". */
export function limitReached(status: LimitStatus, limits: Limits): string {
  const nouns = metricsAt(status, limits, 'hard').map((metric) => NOUNS[metric])
  return `You reached the ${listed(nouns)} ${nouns.length > 1 ? 'limits' : 'limit'}`
}

/** An unlimited cost is within its limit, whatever it is. */
function costLevelOf(
  { cost_used_usd }: LimitStatus,
  { soft_provider_cost_usd, hard_provider_cost_usd }: Limits,
): Level {
  if (soft_provider_cost_usd === null || hard_provider_cost_usd === null) return 'within'
  return levelOf(
    nanoUsdOf(cost_used_usd),
    nanoUsdOf(soft_provider_cost_usd),
    nanoUsdOf(hard_provider_cost_usd),
  )
}

function levelOf<Amount extends number | bigint>(used: Amount, soft: Amount, hard: Amount): Level {
  if (used >= hard) return 'hard'
  return used >= soft ? 'soft' : 'within'
}
