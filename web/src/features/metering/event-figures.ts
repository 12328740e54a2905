import type { UsageEvent } from '@/lib/api/types'
import { formatInteger, formatUsd, formatUsdExact, formatUsdFloor } from '@/lib/format'

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

/** The cost of an event in words; null if it cannot cost anything. */
export function costText({ cost_usd, cost_status }: UsageEvent): string | null {
  if (cost_status === null) return null
  if (cost_usd === null) return 'cost unknown'
  return cost_status === 'incomplete' ? `at least ${formatUsdFloor(cost_usd)}` : formatUsd(cost_usd)
}

const SOURCES: Record<string, string> = {
  client: 'estimated by the caller',
  provider: 'billed by the provider',
  local: 'because the model is local',
}

/** Where the cost comes from, and what it leaves out. */
export function costNotes({ cost_usd, cost_status, price_source, unread, catalog_cost_usd }: UsageEvent) {
  const notes: string[] = []
  if (cost_usd !== null && price_source !== null) {
    const atLeast = cost_status === 'incomplete' ? 'at least ' : ''
    const source = SOURCES[price_source] ?? `priced by ${price_source}`
    notes.push(`${atLeast}${formatUsdExact(cost_usd)}, ${source}`)
  }
  if (catalog_cost_usd !== null) notes.push(`${formatUsdExact(catalog_cost_usd)} by the price catalog`)
  if (unread.length > 0) notes.push(`leaves out ${unread.join(', ')}`)
  if (cost_status === 'unknown') notes.push('the model has no price, so totals leave this call out')
  return notes
}
