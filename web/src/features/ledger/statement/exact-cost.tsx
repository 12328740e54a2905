// Costs with every digit, because people add them up on paper, and with their decimal points one below another.
import { costOf, exactCostInWords, type SumCostStatus } from '@/lib/cost'

export type Charged = { cost_usd: string; cost_status: SumCostStatus }

export function ExactCost({ of, decimals }: { of: Charged; decimals: number }) {
  const missing = of.cost_status === 'unknown' ? 0 : decimals - decimalsOf(of)
  return <span style={missing > 0 ? { paddingInlineEnd: `${missing}ch` } : undefined}>{textOf(of)}</span>
}

/** How many decimals the longest of a column has. */
export function mostDecimals(column: readonly Charged[]): number {
  return Math.max(0, ...column.map(decimalsOf))
}

const textOf = (charged: Charged) => exactCostInWords(costOf(charged))
const decimalsOf = (charged: Charged) => textOf(charged).split('.')[1]?.length ?? 0
