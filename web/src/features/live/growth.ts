// What listeners heard beyond an answer of the API: in all, by day and by series.
import type { SeriesRow, Usage } from '@/lib/api/types'

import { totalsOf } from './amounts'
import {
  addTo,
  addTotals,
  dayOfCounter,
  OTHER_KEY,
  seriesKey,
  sumOf,
  type Rows,
  type Totals,
} from './counters'

/** The rows of each counter document that was heard, by the document's id. */
export type Heard = ReadonlyMap<string, Rows>

export type Growth = { total: Totals; days: Map<string, Totals>; series: Rows }

/** What `heard` holds beyond `read`; null if nothing. A counter older than the answer takes nothing away. */
export function growthOf(read: Usage, heard: Heard): Growth | null {
  if (!read.live) return null
  const watched = read.live.counters.flatMap((id) => {
    const rows = heard.get(id)
    return rows ? [{ day: dayOfCounter(id), rows }] : []
  })
  const days = growthOfDays(read, watched)
  const total: Totals = new Map()
  for (const growth of days.values()) addTotals(total, growth)
  return total.size === 0 ? null : { total, days, series: growthOfSeries(read, watched, total) }
}

const NO_TOTALS: Totals = new Map()

type DayRows = { day: string; rows: Rows }

function growthOfDays({ daily }: Usage, watched: DayRows[]): Map<string, Totals> {
  const heard = new Map<string, Totals>()
  for (const { day, rows } of watched) {
    const totals = heard.get(day) ?? new Map<string, bigint>()
    heard.set(day, totals)
    addTotals(totals, sumOf(rows))
  }
  const read = new Map(daily.map((row) => [row.date, row]))
  const growth = [...heard].map(([day, totals]) => {
    const row = read.get(day)
    return [day, excess(totals, row ? totalsOf(row) : NO_TOTALS)] as const
  })
  return new Map(growth.filter(([, totals]) => totals.size > 0))
}

/** By series, under the names of the answer's rows. Where some were merged into `other`, it takes what no row explains. */
function growthOfSeries({ aggregate, live }: Usage, watched: DayRows[], total: Totals): Rows {
  const known = new Map(aggregate.series.map((row) => [seriesKey(row.provider, row.model), row]))
  const other = known.get(OTHER_KEY)
  const heard: Rows = new Map()
  for (const { rows } of watched) {
    for (const [key, row] of rows) if (key !== OTHER_KEY && (!other || known.has(key))) addTo(heard, row)
  }
  const counted = new Map(live?.counted.map((row) => [seriesKey(row.provider, row.model), row]))
  const growth: Rows = new Map()
  for (const [key, row] of heard) {
    const read = counted.get(key)
    const totals = excess(row.totals, read ? totalsOf(read) : NO_TOTALS)
    if (totals.size > 0) growth.set(key, { ...row, totals })
  }
  if (other) growth.set(OTHER_KEY, { provider: 'other', model: 'other', totals: rest(total, growth, other) })
  return growth
}

/** What `growth` leaves of `total`. Less than nothing where a merged series has a row, from other days, all the same. */
function rest(total: Totals, growth: Rows, other: SeriesRow): Totals {
  const left = new Map(total)
  for (const [metric, amount] of sumOf(growth)) left.set(metric, (left.get(metric) ?? 0n) - amount)
  const held = totalsOf(other)
  for (const [metric, amount] of left) {
    const least = -(held.get(metric) ?? 0n)
    left.set(metric, amount > least ? amount : least)
  }
  return left
}

/** By metric, how far `heard` exceeds `read`. */
function excess(heard: Totals, read: Totals): Totals {
  const more: Totals = new Map()
  for (const [metric, amount] of heard) {
    const beyond = amount - (read.get(metric) ?? 0n)
    if (beyond > 0n) more.set(metric, beyond)
  }
  return more
}
