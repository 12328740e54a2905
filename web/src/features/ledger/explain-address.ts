import type { Aggregate } from '@/lib/api/types'

export const NAMES = ['provider', 'model', 'user_id', 'workflow_id', 'api_key', 'tag', 'errors'] as const

/** The part of usage to explain; a tag is written "team:search". */
export type Filter = { [name in (typeof NAMES)[number]]?: string | undefined }

/** The number to explain: usage of an interval, of what is named or all. */
export type Question = { from: string; to: string } & Filter

const MAX_DAYS = 31
const DAY_MS = 24 * 60 * 60 * 1000
/** What the API calls the series that it has merged; they have no events of that name. */
export const MERGED = 'other'

/** The page of the events behind a number of a period; undefined where there can be none. */
export function explainPath(
  {
    tenant_id,
    period_start: from,
    period_end: to,
  }: Pick<Aggregate, 'tenant_id' | 'period_start' | 'period_end'>,
  filter: Filter = {},
): string | undefined {
  return questionPath(tenant_id, { from, to, ...filter })
}

/** The page that answers a question; undefined where no events can. */
export function questionPath(tenant: string, { from, to, ...filter }: Question): string | undefined {
  if (Date.parse(to) - Date.parse(from) > MAX_DAYS * DAY_MS) return undefined
  if (filter.provider === MERGED) return undefined
  const search = new URLSearchParams({ from, to })
  for (const name of NAMES) if (filter[name]) search.set(name, filter[name])
  return `/t/${encodeURIComponent(tenant)}/explain?${search.toString()}`
}
