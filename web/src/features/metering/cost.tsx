// A cost that may not be known: an unknown price is said, and never shown as nothing.
import type { Amounts } from '@/lib/api/types'
import { formatInteger, formatUsdExact, formatUsdFine } from '@/lib/format'

export function Cost({ amounts: { cost_usd, unpriced_calls } }: { amounts: Amounts }) {
  return (
    <span className="whitespace-nowrap">
      <span title={formatUsdExact(cost_usd)}>{formatUsdFine(cost_usd)}</span>
      {unpriced_calls > 0 && (
        <span className="block text-xs text-warn-text">+ {formatInteger(unpriced_calls)} unpriced</span>
      )}
    </span>
  )
}
