// The span of the chart, and the request for data that usage does not include.
import type { SeriesRequest } from '@/lib/api/queries'
import type { DayRow, Granularity, NamedSeries, Series, Usage } from '@/lib/api/types'
import { NOTHING } from '@/lib/cost'
import { dateIn } from '@/lib/format'

import type { Point } from './chart-rows'
import { isNameGroup, REST, type Group } from './group'
import { measure, type Metric } from './metric'
import { dateAfter } from '@/features/metering/range'

export type ChartView = { granularity: Granularity; group: Group | 'none'; metric: Metric }

/** The most days that the API returns by the hour. */
const MAX_HOURLY_DAYS = 31

type Split = Pick<ChartView, 'granularity' | 'group'>

/** The time that the chart shows, up to the end of today. By the hour no more than the last 31 days. */
export function spanOf({ aggregate, tenant }: Usage, isCurrent: boolean, split: Split) {
  const byName = isNameGroup(split.group)
  const zone = byName ? 'UTC' : tenant.time_zone
  const granularity = byName ? 'day' : split.granularity
  const { period_start, period_end, updated_at } = aggregate
  const end = dateIn(Date.parse(period_end) - 1, zone)
  const today = dateIn(updated_at, zone)
  const endsToday = isCurrent && today < end
  const earliest = dateAfter(endsToday ? today : end, 1 - MAX_HOURLY_DAYS)
  const isCut = granularity === 'hour' && dateIn(period_start, zone) < earliest
  return {
    from: isCut ? earliest : period_start,
    to: endsToday ? dateAfter(today, 1) : period_end,
    tz: zone,
    granularity,
    isCut,
  }
}

/** The request for what the answer at hand does not hold; null if it holds all: days of UTC in all are part of it. */
export function requestOf(
  usage: Usage,
  isCurrent: boolean,
  { granularity: chosen, group }: ChartView,
): SeriesRequest | null {
  const { from, to, tz, granularity } = spanOf(usage, isCurrent, { granularity: chosen, group })
  if (granularity === 'day' && group === 'none' && tz === 'UTC') return null
  return { from, to, tz, granularity, ...(group === 'none' ? {} : { group_by: group }) }
}

/** The points of a series that was asked for; names that have a label are shown by it. */
export function pointsOf(
  { points }: Series | NamedSeries,
  { group, metric }: ChartView,
  labels: ReadonlyMap<string, string> = new Map(),
): Point[] {
  return points.map((point) => ({
    label: point.label,
    start: point.start,
    group: groupOf(point, group, labels),
    ...nameIn(point, group),
    sum: measure(point, metric),
  }))
}

type AnyPoint = (Series | NamedSeries)['points'][number]

function groupOf(point: AnyPoint, group: ChartView['group'], labels: ReadonlyMap<string, string>) {
  if ('name' in point) return point.name === null ? REST : (labels.get(point.name) ?? point.name)
  return group === 'model' || group === 'provider' ? point[group] : null
}

/** The rest, and usage that is not split, have no name. */
function nameIn(point: AnyPoint, group: ChartView['group']): { name?: string } {
  const name = 'name' in point ? point.name : group === 'model' || group === 'provider' ? point[group] : null
  return name === null ? {} : { name }
}

type Days = { daily: readonly DayRow[]; from: string; to: string }

/** The points of the days of UTC that are part of the answer at hand, also of those without usage. */
export function pointsOfDays({ daily, from, to }: Days, metric: Metric): Point[] {
  const rows = new Map(daily.map((day) => [day.date, measure(day, metric)]))
  const points: Point[] = []
  for (let day = dateIn(from, 'UTC'); Date.parse(day) < Date.parse(to); day = dateAfter(day, 1)) {
    points.push({ label: day, start: `${day}T00:00:00Z`, group: null, sum: rows.get(day) ?? NOTHING })
  }
  return points
}
