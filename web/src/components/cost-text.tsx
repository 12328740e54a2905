// A cost where there is little room: "≥ $1.23" is read out as "at least $1.23". The title has every digit.
import { digitsOf, exactCostInWords, type Sum } from '@/lib/cost'
import { formatUsd } from '@/lib/format'

export function CostText({ cost, format = formatUsd }: { cost: Sum; format?: (decimal: string) => string }) {
  if (cost.status === 'unknown') {
    return (
      <span title="None of these calls has a known price" className="text-ink-faint">
        unknown
      </span>
    )
  }
  return (
    <span title={exactCostInWords(cost)}>
      {cost.status === 'incomplete' && <AtLeast />}
      {digitsOf(cost, format)}
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
