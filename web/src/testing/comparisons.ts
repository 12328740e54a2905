// A comparison for tests: three days of November, of which two have begun, beside four of the period before.
import type { Comparison, DayAmounts } from '@/lib/api/types'

import { amounts } from './usage'

/** The measures of a chart for so many dollars: a thousand tokens and ten calls for each. */
export function dayAmounts(usd: number): DayAmounts {
  return {
    calls: usd * 10,
    tokens: { total: usd * 1000 },
    cost_usd: `${usd}.000000000`,
    cost_status: 'complete',
  }
}

const DAYS: Comparison['days'] = [
  ['2026-11-20', 2, '2026-11-16', 1, 1],
  ['2026-11-21', 5, '2026-11-17', 3, 4],
  ['2026-11-22', null, '2026-11-18', 0, 4],
  [null, null, '2026-11-19', 2, 6],
].map(([label, sum, previous_label, previous, previous_sum]) => ({
  label: label as string | null,
  sum: sum === null ? null : dayAmounts(sum as number),
  previous_label: previous_label as string,
  previous: dayAmounts(previous as number),
  previous_sum: dayAmounts(previous_sum as number),
}))

export function comparisonOf(changes: Partial<Comparison> = {}): Comparison {
  return {
    current: { from: '2026-11-20T00:00:00Z', to: '2026-11-22T00:00:00Z', runs: 4, ...amounts() },
    previous: { from: '2026-11-16T00:00:00Z', to: '2026-11-18T00:00:00Z', runs: 2, ...amounts() },
    change_percent: { runs: 100, calls: -12.5, cost: null, errors: 0 },
    days: DAYS,
    ...changes,
  }
}
