import type { Aggregate } from '@/lib/api/types'

/** The number to explain: usage of an interval, of a provider, a model or all. */
export type Question = { from: string; to: string; provider?: string; model?: string }

const MAX_DAYS = 31
const DAY_MS = 24 * 60 * 60 * 1000
/** What the API calls the series that it has merged; they have no events of that name. */
const MERGED = 'other'

/** The page of the events behind a number; undefined where there can be none. */
export function explainPath(
  { tenant_id, period_start: from, period_end: to }: Aggregate,
  { provider, model }: { provider?: string; model?: string | null } = {},
): string | undefined {
  if (Date.parse(to) - Date.parse(from) > MAX_DAYS * DAY_MS) return undefined
  if (provider === MERGED) return undefined
  const search = new URLSearchParams({ from, to })
  if (provider) search.set('provider', provider)
  if (model) search.set('model', model)
  return `/t/${encodeURIComponent(tenant_id)}/explain?${search.toString()}`
}

/** Return the question in an address; null if it is not one of `explainPath`. */
export function questionIn(search: URLSearchParams): Question | null {
  const [from, to] = [search.get('from'), search.get('to')]
  if (!from || !to) return null
  const [provider, model] = [search.get('provider'), search.get('model')]
  return { from, to, ...(provider ? { provider } : {}), ...(model ? { model } : {}) }
}
