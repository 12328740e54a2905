import { Card } from '@/components/card'
import { Instant, RelativeTime } from '@/components/instant'
import { Meter } from '@/components/meter'
import { NextInvoice } from '@/features/billing/next-invoice'
import { explainPath } from '@/features/metering/explain-address'
import { ExplainLink } from '@/features/metering/explain-link'
import { intervalOf, priceOf } from '@/features/billing/price'
import type { BillingState, Limits, LimitStatus, Usage } from '@/lib/api/types'
import { formatCompact, formatInteger, formatUsdExact, formatUsdFloor } from '@/lib/format'

import { GrantNotes } from './grant-notes'
import { levelsOf } from './limit-level'
import { limitText } from '@/lib/limit-text'

export function UsedCard({ usage: { status, limits, billing, aggregate } }: { usage: Usage }) {
  const resetsAt = status?.period_resets_at ?? aggregate.period_end
  return (
    <Card
      title="Usage this period"
      description={<PlanName billing={billing} />}
      footer={
        <>
          Usage resets on <Instant day at={resetsAt} className="font-medium text-ink-soft" />,{' '}
          <RelativeTime at={resetsAt} />.
          <NextInvoice billing={billing} />
        </>
      }
    >
      {status && limits ? (
        <Meters status={status} limits={limits} events={explainPath(aggregate)} />
      ) : (
        <p className="text-ink-soft">
          {formatInteger(aggregate.total_tokens.total)} tokens and {formatInteger(aggregate.total_runs)} runs.
          The limits of this plan are unknown.
        </p>
      )}
    </Card>
  )
}

type MetersProps = {
  status: LimitStatus
  limits: Limits
  /** The page of the events of this period. */
  events: string | undefined
}

function Meters({ status, limits, events }: MetersProps) {
  const thresholds = { softPercent: limits.soft_percent, hardPercent: limits.hard_percent }
  const levels = levelsOf(status, limits)
  return (
    <div className="grid gap-4">
      <Meter
        label="Tokens"
        level={levels.tokens}
        percent={status.token_usage_percent}
        {...thresholds}
        detail={<Amount used={status.tokens_used} limit={limits.tokens} to={events} />}
        valueText={`${formatInteger(status.tokens_used)} of ${limitText(limits.tokens)} tokens`}
      />
      <Meter
        label="Runs"
        level={levels.runs}
        percent={status.run_usage_percent}
        {...thresholds}
        detail={<Amount used={status.runs_used} limit={limits.runs} />}
        valueText={`${formatInteger(status.runs_used)} of ${limitText(limits.runs)} runs`}
      />
      {limits.provider_cost_usd !== null && (
        <CostMeter status={status} limits={limits} limit_usd={limits.provider_cost_usd} events={events} />
      )}
      {status.tokens_held > 0 && (
        <p className="text-xs text-ink-faint">
          {formatInteger(status.tokens_held)} more tokens are reserved for runs in progress.
        </p>
      )}
      <GrantNotes grants={limits.grants} />
    </div>
  )
}

type CostMeterProps = MetersProps & { limit_usd: string }

/** The cost of the calls beside its limit. It is cut, never rounded up to the limit. */
function CostMeter({ status, limits, limit_usd, events }: CostMeterProps) {
  const { cost_used_usd, cost_is_complete } = status
  const atLeast = cost_is_complete ? '' : 'at least '
  const exact = `${atLeast}${formatUsdExact(cost_used_usd)} of ${formatUsdExact(limit_usd)}`
  return (
    <div>
      <Meter
        label="Provider cost"
        level={levelsOf(status, limits).cost}
        percent={status.cost_usage_percent ?? 0}
        softPercent={limits.soft_percent}
        hardPercent={limits.hard_percent}
        detail={
          <span title={exact}>
            {atLeast}
            <span className="font-semibold text-ink">
              <ExplainLink to={events}>{formatUsdFloor(cost_used_usd)}</ExplainLink>
            </span>{' '}
            of {formatUsdExact(limit_usd)}
          </span>
        }
        valueText={exact}
      />
      {!cost_is_complete && (
        <p className="mt-1.5 text-xs text-warn-text">
          Some calls have no complete price, so the cost is at least this much. The limit counts what is
          known.
        </p>
      )}
    </div>
  )
}

function Amount({ used, limit, to }: { used: number; limit: number; to?: string | undefined }) {
  return (
    <span title={`${formatInteger(used)} of ${limitText(limit)}`}>
      <span className="font-semibold text-ink">
        <ExplainLink to={to}>{formatInteger(used)}</ExplainLink>
      </span>{' '}
      of {limitText(limit, formatCompact)}
    </span>
  )
}

/** The plan and what it costs in the version that the tenant has. */
function PlanName({ billing }: { billing: BillingState }) {
  const interval = intervalOf(billing)
  const price = billing.plan_terms && priceOf(billing.plan_terms, interval)
  return (
    <>
      <span className="font-medium text-ink-soft">{billing.plan_name ?? billing.plan}</span>
      {price !== null && ` · ${price} per ${interval}`}
    </>
  )
}
