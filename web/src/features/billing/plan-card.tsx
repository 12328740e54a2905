import type { ReactNode } from 'react'

import { Badge } from '@/components/badge'
import { cx } from '@/components/cx'
import { isSubscriber } from './subscription'
import type { Interval, Plan } from '@/lib/api/types'
import { formatInteger, formatUsd, formatUsdExact } from '@/lib/format'
import { mayManage, useTenant } from '@/lib/tenant'

import { PlanButton } from './plan-button'
import { planChange } from './plan-change'
import { PlanNote } from './plan-note'
import { priceOf } from './price'

type PlanCardProps = { plans: readonly Plan[]; plan: Plan; interval: Interval }

export function PlanCard({ plans, plan: sold, interval }: PlanCardProps) {
  const { usage } = useTenant()
  const change = planChange(plans, sold, interval, usage.billing)
  // Another interval is bought at the newest terms; until then, the tenant's own hold.
  const plan = (change === 'current' ? usage.billing.plan_terms : null) ?? sold
  const isCurrent = change === 'current' || change === 'other-interval'
  return (
    <article
      aria-label={isCurrent ? `${plan.name}, your plan` : plan.name}
      className={cx(
        'flex min-w-0 flex-col gap-4 rounded-xl border bg-surface p-4 shadow-card',
        isCurrent ? 'border-accent ring-1 ring-accent' : 'border-line',
      )}
    >
      <header className="flex min-h-6 items-center justify-between gap-2">
        <h2 className="text-base font-semibold text-ink">{plan.name}</h2>
        {isCurrent && <Badge tone="accent">Your plan</Badge>}
      </header>
      <Price plan={plan} interval={interval} />
      <div className="grid gap-2 border-t border-line pt-4">
        <p className="text-xs text-ink-faint">Per metering period</p>
        <dl className="grid gap-2">
          <Allowed what="Tokens" amount={plan.tokens_per_period} />
          <Allowed what="Runs" amount={plan.runs_per_period} />
          {plans.some(({ provider_cost_usd_per_period }) => provider_cost_usd_per_period !== null) && (
            <Allowed what="Provider cost" amount={plan.provider_cost_usd_per_period} />
          )}
        </dl>
        <dl className="border-t border-line pt-2">
          <Allowed what="Requests per minute" amount={plan.requests_per_minute} />
        </dl>
      </div>
      <div className="mt-auto grid gap-3">
        <PlanNote plans={plans} plan={plan} newest={sold} change={change} />
        <Way plans={plans} plan={sold} interval={interval} />
      </div>
    </article>
  )
}

function Price({ plan, interval }: Omit<PlanCardProps, 'plans'>) {
  const isYearly = interval === 'year' && !plan.is_free
  return (
    <div>
      <p>
        <span className="text-3xl font-semibold tracking-tight text-ink tabular-nums">
          {priceOf(plan, interval) ?? 'Not sold'}
        </span>{' '}
        <span className="text-ink-soft">{isYearly ? 'per year' : 'per month'}</span>
      </p>
      <p className="text-xs text-ink-faint tabular-nums">{besidesPrice(plan, interval)}</p>
    </div>
  )
}

function besidesPrice(plan: Plan, interval: Interval): string {
  if (plan.is_free) return 'No card required'
  const [monthly, yearly] = [priceOf(plan, 'month'), priceOf(plan, 'year')]
  if (monthly === null) return 'Sold by the year only'
  if (yearly === null || plan.usd_yearly_per_month === null) return 'Sold by the month only'
  const saving = plan.yearly_saving_percent > 0 ? `, save ${plan.yearly_saving_percent}%` : ''
  return interval === 'year'
    ? `${formatUsd(plan.usd_yearly_per_month)} per month${saving}`
    : `${yearly} per year${saving}`
}

/** An amount of nothing is unlimited; text is USD. */
function Allowed({ what, amount }: { what: string; amount: number | string | null }) {
  const shown = typeof amount === 'string' ? formatUsdExact(amount) : formatInteger(amount ?? 0)
  return (
    <div className="flex items-baseline justify-between gap-3">
      <dt className="text-ink-soft">{what}</dt>
      <dd className="font-medium text-ink tabular-nums">{amount === null ? 'Unlimited' : shown}</dd>
    </div>
  )
}

function Way({ plans, plan, interval }: PlanCardProps): ReactNode {
  const { role, usage } = useTenant()
  const change = planChange(plans, plan, interval, usage.billing)
  const isOver = change === 'cancel' && (!isSubscriber(usage.billing) || usage.billing.ends_at !== null)
  if (!mayManage(role) || change === 'current' || isOver) return null
  const variant = change === 'upgrade' ? 'primary' : 'secondary'
  return <PlanButton plans={plans} plan={plan} interval={interval} variant={variant} block />
}
