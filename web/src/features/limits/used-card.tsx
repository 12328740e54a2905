import { Card } from '@/components/card'
import { Instant, RelativeTime } from '@/components/instant'
import { Meter } from '@/components/meter'
import { NextInvoice } from '@/features/billing/next-invoice'
import { explainPath } from '@/features/metering/explain-address'
import { ExplainLink } from '@/features/metering/explain-link'
import { intervalOf, priceOf } from '@/features/billing/price'
import type { BillingState, Limits, LimitStatus, Usage } from '@/lib/api/types'
import { formatCompact, formatInteger, formatUsdExact, formatUsdFloor, nanoUsdOf } from '@/lib/format'

import { GrantNotes } from './grant-notes'
import { levelsOf } from './limit-level'
import { isLimited, limitText } from '@/lib/limit-text'
import { shareOf } from '@/lib/percents'

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
        heldPercent={shareOf(status.tokens_held, limits.tokens)}
        {...thresholds}
        detail={<Amount used={status.tokens_used} limit={limits.tokens} to={events} />}
        valueText={`${formatInteger(status.tokens_used)} of ${limitText(limits.tokens)} tokens${heldTokens(status)}`}
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
      <HeldNote status={status} limits={limits} />
      <GrantNotes grants={limits.grants} />
    </div>
  )
}

type CostMeterProps = MetersProps & { limit_usd: string }

/** The cost of the calls beside its limit. It is cut, never rounded up to the limit. */
function CostMeter({ status, limits, limit_usd, events }: CostMeterProps) {
  const { cost_used_usd, cost_held_usd, cost_is_complete } = status
  const held_nano = nanoUsdOf(cost_held_usd)
  const atLeast = cost_is_complete ? '' : 'at least '
  const exact = `${atLeast}${formatUsdExact(cost_used_usd)} of ${formatUsdExact(limit_usd)}`
  return (
    <div>
      <Meter
        label="Provider cost"
        level={levelsOf(status, limits).cost}
        percent={status.cost_usage_percent ?? 0}
        heldPercent={shareOf(held_nano, nanoUsdOf(limit_usd))}
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
        valueText={held_nano > 0n ? `${exact}, ${formatUsdExact(cost_held_usd)} reserved` : exact}
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

function heldTokens({ tokens_held }: LimitStatus): string {
  return tokens_held > 0 ? `, ${formatInteger(tokens_held)} reserved` : ''
}

/** What runs in progress have reserved and not used yet, and what is left beside it. */
function HeldNote({ status, limits }: { status: LimitStatus; limits: Limits }) {
  const { tokens_held, tokens_remaining, cost_held_usd, cost_remaining_usd } = status
  const held: string[] = []
  const left: string[] = []
  if (tokens_held > 0) {
    held.push(`${formatInteger(tokens_held)} tokens`)
    if (isLimited(limits.tokens)) left.push(`${formatInteger(tokens_remaining)} tokens`)
  }
  if (nanoUsdOf(cost_held_usd) > 0n) {
    held.push(formatUsdExact(cost_held_usd))
    if (cost_remaining_usd !== null) left.push(formatUsdExact(cost_remaining_usd))
  }
  if (held.length === 0) return null
  return (
    <p className="text-xs text-ink-soft tabular-nums">
      Runs in progress have reserved {held.join(' and ')}.{left.length > 0 && ` Left: ${left.join(' and ')}.`}
    </p>
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
