// A cost where there is little room: "≥ $1.23" is read out as "at least $1.23". The title has every digit.
import { decimalsOf, digitsOf, exactCostInWords, type Sum } from '@/lib/cost'

type CostTextProps = {
  cost: Sum
  /** The most decimals of the column. With fewer, as much room is left, so that the decimal points align. */
  decimals?: number | undefined
}

export function CostText({ cost, decimals = 0 }: CostTextProps) {
  if (cost.status === 'unknown') {
    return (
      <span title="None of these calls has a known price" className="text-ink-faint">
        unknown
      </span>
    )
  }
  const missing = Math.max(decimals - decimalsOf(cost), 0)
  return (
    <span
      title={exactCostInWords(cost)}
      style={missing > 0 ? { paddingInlineEnd: `${missing}ch` } : undefined}
    >
      {cost.status === 'incomplete' && <AtLeast />}
      {digitsOf(cost)}
    </span>
  )
}

function AtLeast() {
  return (
    <>
      <span aria-hidden className="text-ink-faint">
        ≥{'\u00a0'}
      </span>
      <span className="sr-only">at least </span>
    </>
  )
}
