import type { Granularity } from '@/lib/api/types'

import { capitalized } from '@/lib/format'

import { peakOf, sumOfStep, type Chart } from './chart-rows'
import { formatMeasure, type Metric } from './metric'

/** The name of a step by its label: "2026-11-21" or "2026-11-21T05:00:00+01:00", in the tenant's time zone. */
export function stepName(label: string, granularity: Granularity): string {
  const clock =
    granularity === 'day' ? {} : ({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const)
  // Read as UTC without its offset, so that every browser shows the label's own day and hour.
  const local = new Date(`${label.slice(0, 16).padEnd(16, 'T00:00')}Z`)
  return local.toLocaleString('en-GB', { day: 'numeric', month: 'short', ...clock, timeZone: 'UTC' })
}

/** Text alternative of the chart. */
export function chartSentence(chart: Chart, granularity: Granularity, metric: Metric): string {
  if (chart.total.status === 'unknown') return 'The cost of this period is unknown.'
  const peak = peakOf(chart)
  if (!peak) return `No ${metric} in this period.`
  const most = `Peak on ${stepName(peak.label, granularity)}: ${formatMeasure(sumOfStep(peak), metric)}`
  const [first] = chart.layers
  const leader =
    chart.layers.length > 1 && first ? ` Top: ${first.label}, ${formatMeasure(first.total, metric)}.` : ''
  return `${capitalized(formatMeasure(chart.total, metric))} in total. ${most}.${leader}`
}
