// From the steps and the names of a chart to their events.
import type { Usage } from '@/lib/api/types'

import type { ChartView } from './chart-request'
import type { Chart, Layer, Step } from './chart-rows'
import { questionPath, type Filter } from '@/features/metering/explain-address'
import { filterOf } from './explain-filters'
import { isNameGroup } from './group'

export type ChartLinks = {
  /** The events of a step, of all names or one. */
  ofStep: (step: Step, layer?: Layer) => string | undefined
  /** The events of a name in the whole chart. */
  ofLayer: (layer: Layer) => string | undefined
}

const DAY_MS = 24 * 60 * 60 * 1000

type Shown = { usage: Usage; group: ChartView['group']; isCut: boolean }

export function linksOf(chart: Chart, { usage, group, isCut }: Shown): ChartLinks {
  const { tenant_id, period_start, period_end } = usage.aggregate
  const starts = chart.steps.flatMap(({ start }) => (start === undefined ? [] : [Date.parse(start)]))
  const [first = Date.parse(period_start)] = starts
  // Names are summed by whole days of UTC; other steps at the ends of a period are cut with it.
  const inDays = group !== 'none' && isNameGroup(group)
  const begin = inDays || isCut ? first : Date.parse(period_start)
  const end = inDays ? (starts.at(-1) ?? first) + DAY_MS : Date.parse(period_end)
  const path = (from: number, to: number, layer?: Layer) => {
    const filter = layer ? filterOfLayer(group, layer) : {}
    return filter && questionPath(tenant_id, { from: instant(from), to: instant(to), ...filter })
  }
  const ends = new Map(starts.map((start, index) => [start, starts[index + 1] ?? end]))
  return {
    ofStep: ({ start }, layer) => {
      if (start === undefined) return undefined
      const from = Date.parse(start)
      return path(Math.max(from, begin), Math.min(ends.get(from) ?? end, end), layer)
    },
    ofLayer: (layer) => path(begin, end, layer),
  }
}

/** Days of all usage lead to their hours on this page; where there are no hours, steps lead to their events. */
export function withHours(
  links: ChartLinks,
  { granularity, group }: ChartView,
  search: URLSearchParams,
): ChartLinks {
  if (granularity !== 'day' || (group !== 'none' && isNameGroup(group))) return links
  const hoursOf = ({ label }: Step) => {
    const hours = new URLSearchParams(search)
    hours.delete('period')
    for (const [name, value] of Object.entries({ from: label, to: label, interval: 'hour' }))
      hours.set(name, value)
    return `?${hours.toString()}`
  }
  return { ...links, ofStep: (step, layer) => (layer ? links.ofStep(step, layer) : hoursOf(step)) }
}

function filterOfLayer(group: ChartView['group'], { name }: Layer): Filter | undefined {
  if (group === 'none') return {}
  return name === undefined ? undefined : filterOf(group, name)
}

function instant(ms: number): string {
  return new Date(ms).toISOString()
}
