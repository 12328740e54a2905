import { CostText } from '@/components/cost-text'
import type { Sum } from '@/lib/cost'
import { formatInteger } from '@/lib/format'

import type { Metric } from './metric'

/** A measure where there is little room. */
export function MeasureText({ sum, metric }: { sum: Sum; metric: Metric }) {
  return metric === 'cost' ? <CostText cost={sum} /> : formatInteger(sum.value)
}
