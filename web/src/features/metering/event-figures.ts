// What the figures of one event mean.
import type { UsageEvent } from '@/lib/api/types'
import { formatInteger, formatUsd, formatUsdExact } from '@/lib/format'

const LIFECYCLE = ['started', 'completed', 'failed']

/** The pools of tokens that an event used, as texts; what is cached or reasoned is part of what goes in or out. */
export function tokenPools({ tokens }: UsageEvent): string[] {
  if (tokens === null) return []
  const { input_tokens, output_tokens, total_tokens } = tokens
  if (input_tokens === 0 && output_tokens === 0) return [`${formatInteger(total_tokens)} tokens in total`]
  const parts: [number, string][] = [
    [tokens.cache_read_tokens, 'read from cache'],
    [tokens.cache_write_tokens, 'written to cache'],
    [tokens.reasoning_tokens, 'reasoning'],
  ]
  const present = parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${formatInteger(count)} ${what}`)
  return [`${formatInteger(input_tokens)} in`, `${formatInteger(output_tokens)} out`, ...present]
}

/** Whether the price of something that has one is not known; marks of a run and tools without a cost have none. */
export function isUnpriced({ category, status, tokens, cost_usd }: UsageEvent): boolean {
  if (cost_usd !== null) return false
  return tokens !== null || (category === 'llm' && status !== 'error' && !LIFECYCLE.includes(status ?? ''))
}

/** A cost; every digit of it below a cent, because most single calls cost less. */
export function costText(cost_usd: string): string {
  const short = formatUsd(cost_usd)
  return short.startsWith('<') ? formatUsdExact(cost_usd) : short
}
