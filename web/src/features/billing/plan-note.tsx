import type { ReactNode } from 'react'

import { Instant } from '@/components/instant'
import { endOfGrace, isSubscriber, scheduledName } from './subscription'
import type { LimitStatus, Plan } from '@/lib/api/types'
import { limitOf, limitText } from '@/lib/limit-text'
import { formatInteger, formatUsd } from '@/lib/format'
import { useTenant } from '@/lib/tenant'

import { currentPlan, type PlanChange } from './plan-change'

/** `plan` has the terms that hold, `newest` those that are sold. */
type PlanNoteProps = { plans: readonly Plan[]; plan: Plan; newest: Plan; change: PlanChange }

export function PlanNote(props: PlanNoteProps) {
  const { change } = props
  const isCurrent = change === 'current' || change === 'other-interval'
  const notes = isCurrent ? <CurrentNotes {...props} /> : <OtherNotes {...props} />
  return <div className="grid gap-2 text-xs text-ink-soft empty:hidden">{notes}</div>
}

function CurrentNotes({ plan, newest }: PlanNoteProps) {
  const { billing, limits } = useTenant().usage
  return (
    <>
      {billing.trial_end !== null && billing.status === 'trialing' && (
        <p>
          Trial ends on <Instant at={billing.trial_end} day />.
        </p>
      )}
      {billing.past_due_since !== null && <PastDue endsAt={endOfGrace(billing)} />}
      {billing.ends_at !== null && (
        <p className="text-warn-text">
          Canceled. Ends on <Instant at={billing.ends_at} day />.
        </p>
      )}
      {billing.scheduled_at !== null && (
        <p>
          Changes to {scheduledName(billing)} on <Instant at={billing.scheduled_at} day />.
        </p>
      )}
      {plan.version < newest.version && (
        <p>You keep the terms that you bought. New subscriptions have newer terms.</p>
      )}
      {limits && limits.tokens !== limitOf(plan.tokens_per_period) && (
        <p>Custom limit: {limitText(limits.tokens)} tokens per period.</p>
      )}
      {limits && limits.runs !== limitOf(plan.runs_per_period) && (
        <p>Custom limit: {limitText(limits.runs)} runs per period.</p>
      )}
      {limits && limits.provider_cost_usd !== plan.provider_cost_usd_per_period && (
        <p>
          Custom limit:{' '}
          {limits.provider_cost_usd === null ? 'unlimited' : formatUsd(limits.provider_cost_usd)} provider
          cost per period.
        </p>
      )}
    </>
  )
}

function PastDue({ endsAt }: { endsAt: string | null }): ReactNode {
  return (
    <p className="text-danger-text">
      Your last payment failed.{' '}
      {endsAt !== null && (
        <>
          Pay by <Instant at={endsAt} day /> to keep this plan.
        </>
      )}
    </p>
  )
}

function OtherNotes({ plans, plan, change }: PlanNoteProps) {
  const { billing, status } = useTenant().usage
  const isLess = change === 'downgrade' || change === 'cancel'
  const over = status && isLess ? amountsBeyond(plan, status) : []
  return (
    <>
      {over.length > 0 && (
        <p className="text-warn-text">
          You used {over.join(' and ')} this period, more than this plan includes.
        </p>
      )}
      {change === 'cancel' && <CancelNote ends={billing.ends_at} />}
      {change === 'cancel' && !isSubscriber(billing) && (
        <p>
          {currentPlan(plans, billing)?.name ?? 'Your plan'} is not billed through Stripe. Contact your
          administrator to change it.
        </p>
      )}
    </>
  )
}

/** The usage of this period that the plan would not include, in words. */
function amountsBeyond(plan: Plan, used: LimitStatus): string[] {
  const cost = plan.provider_cost_usd_per_period
  return [
    used.tokens_used > limitOf(plan.tokens_per_period) ? `${formatInteger(used.tokens_used)} tokens` : '',
    used.runs_used > limitOf(plan.runs_per_period) ? `${formatInteger(used.runs_used)} runs` : '',
    cost !== null && Number(used.cost_used_usd) > Number(cost)
      ? `${formatUsd(used.cost_used_usd)} of provider cost`
      : '',
  ].filter(Boolean)
}

function CancelNote({ ends }: { ends: string | null }) {
  if (ends === null) return null
  return (
    <p>
      Starts on <Instant at={ends} day />.
    </p>
  )
}
