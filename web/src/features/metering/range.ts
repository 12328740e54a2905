// The period in the address: current, previous, or dates of the tenant's time zone.
import { CURRENT, type UsageRange } from '@/lib/api/queries'

export type RangeChoice = 'current' | 'previous' | 'custom'

/** Calendar dates, "2026-11-01", both included. */
export type Dates = { from: string; to: string }

/** The longest range that the API sums up. */
export const MAX_DAYS = 92

const DATE = /^\d{4}-\d{2}-\d{2}$/
const DAY_MS = 86_400_000

/** Invalid addresses mean the current period. */
export function choiceOf(
  search: URLSearchParams,
  zone: string,
): {
  choice: RangeChoice
  range: UsageRange
  dates: Dates | null
} {
  const dates = { from: search.get('from') ?? '', to: search.get('to') ?? '' }
  if (isDate(dates.from) && isDate(dates.to) && dates.from <= dates.to) {
    return { choice: 'custom', range: rangeOf(dates, zone), dates }
  }
  if (search.get('period') === 'previous')
    return { choice: 'previous', range: { period: 'previous' }, dates: null }
  return { choice: 'current', range: CURRENT, dates: null }
}

/** The address with another period; whatever else it says stays. */
export function withPeriod(
  search: URLSearchParams,
  period: Dates | { period?: 'previous' },
): URLSearchParams {
  const changed = new URLSearchParams(search)
  for (const name of ['period', 'from', 'to']) changed.delete(name)
  for (const [name, value] of Object.entries(period)) changed.set(name, value)
  return changed
}

/** The API's range of whole days of a time zone, which ends before its last date. */
export function rangeOf({ from, to }: Dates, zone: string): UsageRange {
  return { from, to: dateAfter(to, 1), tz: zone }
}

/** Return problems by field. `today` is the date in the time zone. */
export function problemsOf({ from, to }: Dates, today: string): Partial<Record<keyof Dates, string>> {
  if (!isDate(from)) return { from: 'Choose a start date.' }
  if (!isDate(to)) return { to: 'Choose an end date.' }
  if (from > today) return { from: 'The start date is in the future.' }
  if (to > today) return { to: 'The end date is in the future.' }
  if (from > to) return { to: 'The end date is before the start date.' }
  const days = daysWithin({ from, to })
  return days > MAX_DAYS ? { to: `Choose at most ${MAX_DAYS} days. This range has ${days}.` } : {}
}

/** How many days there are from the first to the last, both included. */
function daysWithin({ from, to }: Dates): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1
}

/** The date a number of days after (or before) another. */
export function dateAfter(date: string, days: number): string {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10)
}

export function isDate(text: string): boolean {
  return DATE.test(text) && !Number.isNaN(Date.parse(text))
}
