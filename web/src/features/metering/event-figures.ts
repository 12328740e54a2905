import type { UsageEvent } from '@/lib/api/types'
import { formatInteger, formatUsd, formatUsdExact } from '@/lib/format'

const LIFECYCLE = ['started', 'completed', 'failed']

/** Cached and reasoning tokens are part of input and output. */
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

/** Return true if the price is unknown; run markers and free tools need none. */
export function isUnpriced({ category, status, tokens, cost_usd }: UsageEvent): boolean {
  if (cost_usd !== null) return false
  return tokens !== null || (category === 'llm' && status !== 'error' && !LIFECYCLE.includes(status ?? ''))
}

/** Show every digit below a cent, because most calls cost less. */
export function costText(cost_usd: string): string {
  const short = formatUsd(cost_usd)
  return short.startsWith('<') ? formatUsdExact(cost_usd) : short
}
