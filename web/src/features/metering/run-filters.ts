// The order and the filters of the list of runs, as the address keeps them.
import { dateAfter, isDate } from '@/features/ledger/range'

const FILTERS = ['status', 'user_id', 'workflow_id', 'tag'] as const
const TIMES = ['from', 'to'] as const
const NAMES = [...FILTERS, ...TIMES, 'sort', 'id'] as const

/** The API lists runs by duration once they have ended. */
const NO_DURATION = new Set<string | undefined>(['open', 'timed_out'])

/** Clears the filters, of which the API takes one at a time. */
export const NO_FILTER = { status: undefined, user_id: undefined, workflow_id: undefined, tag: undefined }

export type RunFilters = Partial<Record<(typeof NAMES)[number], string | undefined>>

export const SORTS = [
  { value: '', label: 'Newest first' },
  { value: 'cost', label: 'Highest cost' },
  { value: 'tokens', label: 'Most tokens' },
  { value: 'duration', label: 'Longest' },
]

export function filtersIn(search: URLSearchParams): RunFilters {
  return Object.fromEntries(NAMES.flatMap((name) => (search.get(name) ? [[name, search.get(name)]] : [])))
}

/** Return what to ask the API. Dates are days of the zone, the last one included. */
export function questionOf({ from, to, ...filters }: RunFilters, zone: string): Record<string, string> {
  const isOfDays = [from, to].some((edge) => edge !== undefined && isDate(edge))
  return {
    ...defined(filters),
    ...(from ? { from } : {}),
    ...(to ? { to: isDate(to) ? dateAfter(to, 1) : to } : {}),
    ...(isOfDays ? { tz: zone } : {}),
  }
}

/** Return the filters after a change: what the API does not take together goes. */
export function changed(filters: RunFilters, changes: RunFilters): URLSearchParams {
  if (changes.id) return new URLSearchParams({ id: changes.id })
  const others = FILTERS.some((name) => changes[name]) ? NO_FILTER : {}
  const after = { ...filters, id: undefined, ...others, ...changes }
  if (after.sort === 'duration' && NO_DURATION.has(after.status)) {
    if (changes.sort) after.status = undefined
    else after.sort = undefined
  }
  return new URLSearchParams(defined(after))
}

/** The days of a time, or the days that hold its instants; null without a time. */
export function daysOf({ from, to }: RunFilters): { from: string; to: string } | null {
  if (from === undefined || to === undefined) return null
  if (Number.isNaN(Date.parse(from)) || Number.isNaN(Date.parse(to))) return null
  const last = isDate(to) ? to : new Date(Date.parse(to) - 1).toISOString().slice(0, 10)
  return { from: from.slice(0, 10), to: last }
}

function defined(filters: RunFilters): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filters).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  )
}
