import type { Granularity } from '@/lib/api/types'

import { capitalized } from '@/lib/format'

import { peakOf, sumOfStep, type Chart } from './chart-rows'
import { formatMeasure, type Metric } from './metric'

/** The name of a step: the day in UTC, as it is counted, or the hour in the zone of the reader. */
export function stepName(start: string, granularity: Granularity): string {
  const zone =
    granularity === 'day'
      ? { timeZone: 'UTC' }
      : ({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const)
  return new Date(start).toLocaleString('en-GB', { day: 'numeric', month: 'short', ...zone })
}

/** Text alternative of the chart. */
export function chartSentence(chart: Chart, granularity: Granularity, metric: Metric): string {
  if (chart.total.status === 'unknown') return 'The cost of this period is unknown.'
  const peak = peakOf(chart)
  if (!peak) return `No ${metric} in this period.`
  const most = `Peak on ${stepName(peak.start, granularity)}: ${formatMeasure(sumOfStep(peak), metric)}`
  const [first] = chart.layers
  const leader =
    chart.layers.length > 1 && first ? ` Top: ${first.label}, ${formatMeasure(first.total, metric)}.` : ''
  return `${capitalized(formatMeasure(chart.total, metric))} in total. ${most}.${leader}`
}
