import type { ReactNode } from 'react'

import { Card } from '@/components/card'
import { TextLink } from '@/components/text-link'
import { costliestPath } from '@/features/metering/run-address'
import { ManageBillingButton } from '@/features/billing/manage-billing-button'
import type { Usage } from '@/lib/api/types'
import { costInWords, costOf, digitsOf, exactCostInWords, type Sum } from '@/lib/cost'

import { explainPath } from '@/features/metering/explain-address'
import { ExplainLink } from '@/features/metering/explain-link'
import { LeftOutLink } from './left-out'

export function CostCard({ usage }: { usage: Usage }) {
  const { aggregate, tenant } = usage
  const { total_cost_usd: cost_usd, cost_status } = aggregate
  const cost = costOf({ cost_usd, cost_status })
  return (
    <Card
      title="Cost"
      actions={<ManageBillingButton tenant={tenant.id} />}
      footer="What your model providers charge at list prices. Your plan is billed separately."
    >
      <Figure cost={cost} to={explainPath(aggregate)} />
      <p className="mt-1 text-ink-soft">this period</p>
      <dl className="mt-4 grid gap-1.5">
        <Line label="Forecast at reset">{costAtEnd(usage)}</Line>
        <Line label="Per LLM call">{perCall(cost, aggregate.total_llm_calls)}</Line>
        {aggregate.total_runs > 0 && (
          <Line label="Runs">
            <TextLink to={costliestPath(tenant.id, aggregate.period_start, aggregate.period_end)}>
              Most costly first
            </TextLink>
          </Line>
        )}
        {cost_status !== 'complete' && (
          <Line label="Leaves out">
            <LeftOutLink aggregate={aggregate} />
          </Line>
        )}
      </dl>
    </Card>
  )
}

function Figure({ cost, to }: { cost: Sum; to: string | undefined }) {
  return (
    <div className="text-figure text-ink" title={exactCostInWords(cost)}>
      {cost.status === 'incomplete' && (
        <span className="text-base font-medium tracking-normal text-ink-soft">at least </span>
      )}
      <ExplainLink to={to}>{cost.status === 'unknown' ? 'unknown' : digitsOf(cost)}</ExplainLink>
    </div>
  )
}

function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-3">
      <dt className="text-ink-faint">{label}</dt>
      <dd className="ms-auto text-end text-ink tabular-nums">{children}</dd>
    </div>
  )
}

/** The mean over all calls, so a cost that leaves some out is at least that for each. */
function perCall({ value, status }: Sum, calls: number): string {
  return calls > 0 ? costInWords({ value: value / BigInt(calls), status }) : 'No calls yet'
}

function costAtEnd({ forecast }: Usage): string {
  const { cost_usd_at_end: cost_usd = null, cost_status = null } = forecast ?? {}
  if (cost_usd === null || cost_status === null) return 'Not enough data'
  const cost = costInWords(costOf({ cost_usd, cost_status }))
  return cost_status === 'complete' ? `about ${cost}` : cost
}
