import type { Aggregate } from '@/lib/api/types'

import type { Group } from './group'

const NAMES = ['provider', 'model', 'user_id', 'workflow_id', 'api_key', 'tag', 'errors'] as const

/** The part of usage to explain; a tag is written "team:search". */
export type Filter = { [name in (typeof NAMES)[number]]?: string | undefined }

/** The number to explain: usage of an interval, of what is named or all. */
export type Question = { from: string; to: string } & Filter

/** Leads to the failed events alone. */
export const ERRORS: Filter = { errors: 'true' }

const MAX_DAYS = 31
const DAY_MS = 24 * 60 * 60 * 1000
/** What the API calls the series that it has merged; they have no events of that name. */
const MERGED = 'other'

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

/** The filter for a name of a group; undefined for what was merged under that name. */
export function filterOf(group: Group, name: string): Filter | undefined {
  if (group === 'provider' || group === 'model') return name === MERGED ? undefined : { [group]: name }
  if (group === 'user') return { user_id: name }
  if (group === 'workflow') return { workflow_id: name }
  if (group === 'key') return { api_key: name }
  return { tag: `${group.slice('tag:'.length)}:${name}` }
}

/** Return the question in an address; null if it is not one of `explainPath`. */
export function questionIn(search: URLSearchParams): Question | null {
  const [from, to] = [search.get('from'), search.get('to')]
  if (!from || !to) return null
  const question: Question = { from, to }
  for (const name of NAMES) {
    const value = search.get(name)
    if (value) question[name] = value
  }
  return question
}
