import type { Comparison } from '@/lib/api/types'
import type { Sum } from '@/lib/cost'

import { measure, type Metric } from './metric'

/** What the day of the same number had in the period before, by the label of the day that is shown. */
export type DaysBefore = ReadonlyMap<string, { label: string; sum: Sum }>

export const NO_DAYS: DaysBefore = new Map()

export function daysBefore(comparison: Comparison | undefined, metric: Metric): DaysBefore {
  const days = new Map<string, { label: string; sum: Sum }>()
  for (const { label, previous_label, previous } of comparison?.days ?? []) {
    if (label !== null && previous_label !== null && previous !== null)
      days.set(label, { label: previous_label, sum: measure(previous, metric) })
  }
  return days
}
