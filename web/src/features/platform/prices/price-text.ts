// A price in words, and the units that it may be for.
import { formatUsdExact } from '@/lib/format'
import type { Price } from '@/lib/api/types'

/** Of a million tokens, then of one unit; as a price file names them. */
export const PER_MILLION: Record<string, string> = {
  input: 'input',
  output: 'output',
  cache_read: 'cache read',
  cache_write: 'cache write',
  cache_write_5m: 'cache write, 5 minutes',
  cache_write_1h: 'cache write, 1 hour',
  output_reasoning: 'reasoning',
  input_audio: 'audio input',
  output_audio: 'audio output',
  cache_audio_read: 'audio cache read',
  input_image: 'image input',
  output_image: 'image output',
  cache_image_read: 'image cache read',
  input_video: 'video input',
  output_video: 'video output',
}
export const PER_UNIT: Record<string, string> = {
  requests: 'request',
  web_searches: 'web search',
  file_searches: 'file search',
  images: 'image',
  pages: 'page',
  seconds: 'second',
  characters: 'character',
  sessions: 'session',
}

/** "openai/gpt-4o", or "anthropic/claude-*" for a prefix. */
export function modelText({ provider, model, model_prefix }: Price): string {
  return `${provider}/${model ?? `${model_prefix ?? ''}*`}`
}

/** The amounts of a price, each a short text: "$2.50 input", "$0.04 per image". Amounts are per million tokens. */
export function amountsOf({ per_million, per_unit, percent, same_as }: Price): string[] {
  if (percent !== null) return [`Catalog ${percent.startsWith('-') ? '' : '+'}${percent}%`.replace('-', '−')]
  if (same_as !== null) return [`Same as ${same_as}`]
  return [
    ...Object.entries(per_million).map(([kind, usd]) => `${dollars(usd)} ${PER_MILLION[kind] ?? kind}`),
    ...Object.entries(per_unit).map(([kind, usd]) => `${dollars(usd)} per ${PER_UNIT[kind] ?? kind}`),
  ]
}

/** Prices have up to twelve decimals, which an amount of nano-USD would cut. */
function dollars(usd: string): string {
  return /\.\d{10,}$/.test(usd) ? `$${usd}` : formatUsdExact(usd)
}

/** What distinguishes one price from another. */
export function keyOf({ tenant_id, provider, model, model_prefix, starts }: Price): string {
  return JSON.stringify([tenant_id, provider, model, model_prefix, starts])
}

/** In the order of a price file: those of a model one after the other, by date. */
export function inOrder(prices: readonly Price[]): Price[] {
  const rank = (price: Price) => [
    ...[price.tenant_id ?? '', price.provider, price.model ?? '', price.model_prefix ?? '', price.starts],
  ]
  return prices.toSorted((a, b) => compare(rank(a), rank(b)))
}

function compare(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((part, index) => part !== b[index])
  return at < 0 ? 0 : (a[at] ?? '') < (b[at] ?? '') ? -1 : 1
}
