// The span of the chart, and the request for data that usage does not include.
import type { SeriesRequest } from '@/lib/api/queries'
import type { DayRow, Granularity, GroupBy, Series, Usage } from '@/lib/api/types'

import type { Point } from './chart-rows'
import { measure, type Metric } from './metric'

export type ChartView = { granularity: Granularity; group: GroupBy | 'none'; metric: Metric }

/** The most days that the API tells by the hour. */
const MAX_HOURLY_DAYS = 31
const DAY_MS = 86_400_000

/** The time that the chart shows, up to the end of today. By the hour no more than the last 31 days. */
export function spanOf({ aggregate }: Usage, isCurrent: boolean, granularity: Granularity) {
  const start_ms = Date.parse(aggregate.period_start)
  const endOfToday_ms = (Math.floor(Date.parse(aggregate.updated_at) / DAY_MS) + 1) * DAY_MS
  const end_ms = Math.min(Date.parse(aggregate.period_end), isCurrent ? endOfToday_ms : Infinity)
  const earliest_ms = Math.ceil(end_ms / DAY_MS) * DAY_MS - MAX_HOURLY_DAYS * DAY_MS
  const from_ms = granularity === 'hour' ? Math.max(start_ms, earliest_ms) : start_ms
  return { from: isoOf(from_ms), to: isoOf(end_ms), granularity, isCut: from_ms > start_ms }
}

/** The request for what the answer at hand does not hold; null if it holds all: days in all are part of it. */
export function requestOf(
  usage: Usage,
  isCurrent: boolean,
  { granularity, group }: ChartView,
): SeriesRequest | null {
  if (granularity === 'day' && group === 'none') return null
  const { from, to } = spanOf(usage, isCurrent, granularity)
  return { from, to, granularity, ...(group === 'none' ? {} : { group_by: group }) }
}

/** The points of a series that was asked for. */
export function pointsOf({ points }: Series, { group, metric }: ChartView): Point[] {
  return points.map((point) => ({
    start: point.start,
    group: group === 'none' ? null : point[group],
    sum: measure(point, metric),
  }))
}

/** The points of the days that are part of the answer at hand. */
export function pointsOfDays(daily: readonly DayRow[], metric: Metric): Point[] {
  return daily.map((day) => ({ start: `${day.date}T00:00:00Z`, group: null, sum: measure(day, metric) }))
}

function isoOf(instant_ms: number): string {
  return new Date(instant_ms).toISOString().replace('.000Z', 'Z')
}
