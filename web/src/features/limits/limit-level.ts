// Compares usage with the soft and hard amounts of the API, never with a percentage of our own.
import type { Level } from '@/components/meter'
import type { Limits, LimitStatus } from '@/lib/api/types'

export type LimitedMetric = 'tokens' | 'runs'

/** The level that each metric has reached. */
export function levelsOf(status: LimitStatus, limits: Limits): Record<LimitedMetric, Level> {
  return {
    tokens: levelOf(status.tokens_used, limits.soft_tokens, limits.hard_tokens),
    runs: levelOf(status.runs_used, limits.soft_runs, limits.hard_runs),
  }
}

/** The metrics that have reached one of `levels`. */
export function metricsAt(status: LimitStatus, limits: Limits, ...levels: Level[]): LimitedMetric[] {
  const reached = levelsOf(status, limits)
  return (['tokens', 'runs'] as const).filter((metric) => levels.includes(reached[metric]))
}

export const NOUNS = { tokens: 'token', runs: 'run' } as const

/** Sentence without its full stop: "You reached the token and run limits". */
export function limitReached(status: LimitStatus, limits: Limits): string {
  const nouns = metricsAt(status, limits, 'hard').map((metric) => NOUNS[metric])
  return `You reached the ${nouns.join(' and ')} ${nouns.length > 1 ? 'limits' : 'limit'}`
}

function levelOf(used: number, soft: number, hard: number): Level {
  if (used >= hard) return 'hard'
  return used >= soft ? 'soft' : 'within'
}
