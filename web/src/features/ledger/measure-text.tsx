import { CostText } from '@/components/cost-text'
import type { Sum } from '@/lib/cost'
import { formatInteger } from '@/lib/format'

import type { Metric } from './metric'

type MeasureTextProps = { sum: Sum; metric: Metric; decimals?: number | undefined }

/** A measure where there is little room. */
export function MeasureText({ sum, metric, decimals }: MeasureTextProps) {
  return metric === 'cost' ? <CostText cost={sum} decimals={decimals} /> : formatInteger(sum.value)
}
