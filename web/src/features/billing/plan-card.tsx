import type { ReactNode } from 'react'

import { Badge } from '@/components/badge'
import { cx } from '@/components/cx'
import { isSubscriber } from './subscription'
import type { Interval, Plan } from '@/lib/api/types'
import { formatInteger, formatUsd } from '@/lib/format'
import { mayManage, useTenant } from '@/lib/tenant'

import { PlanButton } from './plan-button'
import { isFree, planChange } from './plan-change'
import { PlanNote } from './plan-note'
import { priceOf } from './price'

type PlanCardProps = { plans: readonly Plan[]; plan: Plan; interval: Interval }

export function PlanCard({ plans, plan, interval }: PlanCardProps) {
  const { usage } = useTenant()
  const change = planChange(plans, plan, interval, usage.billing)
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
        </dl>
        <dl className="border-t border-line pt-2">
          <Allowed what="Requests per minute" amount={plan.requests_per_minute} />
        </dl>
      </div>
      <div className="mt-auto grid gap-3">
        <PlanNote plans={plans} plan={plan} change={change} />
        <Way plans={plans} plan={plan} interval={interval} />
      </div>
    </article>
  )
}

function Price({ plan, interval }: Omit<PlanCardProps, 'plans'>) {
  const isYearly = interval === 'year' && !isFree(plan)
  return (
    <div>
      <p>
        <span className="text-3xl font-semibold tracking-tight text-ink tabular-nums">
          {priceOf(plan, interval)}
        </span>{' '}
        <span className="text-ink-soft">{isYearly ? 'per year' : 'per month'}</span>
      </p>
      <p className="text-xs text-ink-faint tabular-nums">{besidesPrice(plan, interval)}</p>
    </div>
  )
}

function besidesPrice(plan: Plan, interval: Interval): string {
  if (isFree(plan)) return 'No card required'
  const saving = `save ${plan.yearly_saving_percent}%`
  return interval === 'year'
    ? `${formatUsd(plan.usd_yearly_per_month)} per month, ${saving}`
    : `${priceOf(plan, 'year')} per year, ${saving}`
}

function Allowed({ what, amount }: { what: string; amount: number }) {
  return (
    <div className="flex items-baseline justify-between gap-3">
      <dt className="text-ink-soft">{what}</dt>
      <dd className="font-medium text-ink tabular-nums">{formatInteger(amount)}</dd>
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
