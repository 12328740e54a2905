// What a member should know of a plan before choosing it, or of the plan that holds.
import type { ReactNode } from 'react'

import { Instant } from '@/components/instant'
import { isSubscriber } from './subscription'
import type { Plan } from '@/lib/api/types'
import { formatInteger } from '@/lib/format'
import { useTenant } from '@/lib/tenant'

import { currentPlan, type PlanChange } from './plan-change'

type PlanNoteProps = { plans: readonly Plan[]; plan: Plan; change: PlanChange }

export function PlanNote(props: PlanNoteProps) {
  const { change } = props
  const isCurrent = change === 'current' || change === 'other-interval'
  const notes = isCurrent ? <CurrentNotes {...props} /> : <OtherNotes {...props} />
  return <div className="grid gap-2 text-xs text-ink-soft empty:hidden">{notes}</div>
}

function CurrentNotes({ plan }: PlanNoteProps) {
  const { billing, limits } = useTenant().usage
  return (
    <>
      {billing.trial_end !== null && billing.status === 'trialing' && (
        <p>
          On trial until <Instant at={billing.trial_end} day />.
        </p>
      )}
      {billing.past_due_since !== null && <PastDue endsAt={billing.plan_ends_at} />}
      {billing.past_due_since === null && billing.plan_ends_at !== null && (
        <p className="text-warn-text">
          Canceled: it ends on <Instant at={billing.plan_ends_at} day />.
        </p>
      )}
      {limits && limits.tokens !== plan.tokens_per_period && (
        <p>Your own limit: {formatInteger(limits.tokens)} tokens per period.</p>
      )}
      {limits && limits.runs !== plan.runs_per_period && (
        <p>Your own limit: {formatInteger(limits.runs)} runs per period.</p>
      )}
    </>
  )
}

function PastDue({ endsAt }: { endsAt: string | null }): ReactNode {
  return (
    <p className="text-danger-text">
      The last payment failed.{' '}
      {endsAt !== null && (
        <>
          The plan ends on <Instant at={endsAt} day /> unless it is paid.
        </>
      )}
    </p>
  )
}

function OtherNotes({ plans, plan, change }: PlanNoteProps) {
  const { billing, status } = useTenant().usage
  const isLess = change === 'downgrade' || change === 'cancel'
  const used = status?.tokens_used ?? 0
  return (
    <>
      {isLess && used > plan.tokens_per_period && (
        <p className="text-warn-text">
          You have used {formatInteger(used)} tokens in this period: more than this plan allows.
        </p>
      )}
      {change === 'cancel' && (
        <CancelNote ends={billing.cancel_at_period_end ? billing.plan_ends_at : null} />
      )}
      {change === 'cancel' && !isSubscriber(billing) && (
        <p>
          {currentPlan(plans, billing)?.name ?? 'Your plan'} was not bought here: whoever runs this service
          can change it.
        </p>
      )}
    </>
  )
}

function CancelNote({ ends }: { ends: string | null }) {
  if (ends === null) return null
  return (
    <p>
      Begins on <Instant at={ends} day />.
    </p>
  )
}
