import { Card } from '@/components/card'
import { ManageBillingButton } from '@/features/billing/manage-billing-button'
import type { Usage } from '@/lib/api/types'
import { decimalUsdOf, formatInteger, formatUsd, formatUsdExact, nanoUsdOf } from '@/lib/format'

export function CostCard({ usage }: { usage: Usage }) {
  const { aggregate, tenant } = usage
  return (
    <Card
      title="Cost"
      actions={<ManageBillingButton tenant={tenant.id} />}
      footer="What your model providers charge at list prices. Your plan is billed separately."
    >
      <p className="text-figure text-ink" title={formatUsdExact(aggregate.total_cost_usd)}>
        {formatUsd(aggregate.total_cost_usd)}
      </p>
      <p className="mt-1 text-ink-soft">this period</p>
      <dl className="mt-4 grid gap-1.5">
        <Line label="Forecast at reset">{costAtEnd(usage)}</Line>
        <Line label="Per LLM call">{perCall(usage)}</Line>
        {aggregate.unpriced_calls > 0 && (
          <Line label="Not included">{unpricedOf(aggregate.unpriced_calls)}</Line>
        )}
      </dl>
    </Card>
  )
}

function Line({ label, children }: { label: string; children: string }) {
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-3">
      <dt className="text-ink-faint">{label}</dt>
      <dd className="text-ink tabular-nums">{children}</dd>
    </div>
  )
}

/** The mean over the calls whose price is known. */
function perCall({ aggregate }: Usage): string {
  const priced = BigInt(aggregate.total_llm_calls - aggregate.unpriced_calls)
  return priced > 0n ? formatUsd(decimalUsdOf(nanoUsdOf(aggregate.total_cost_usd) / priced)) : 'No calls yet'
}

function unpricedOf(calls: number): string {
  return `${formatInteger(calls)} unpriced ${calls === 1 ? 'call' : 'calls'}`
}

function costAtEnd({ forecast }: Usage): string {
  const atEnd = forecast?.cost_usd_at_end ?? null
  return atEnd === null ? 'Not enough data' : `about ${formatUsd(atEnd)}`
}
