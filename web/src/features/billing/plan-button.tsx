// Changes the plan through Stripe's checkout, or through the portal to cancel.
import { Button, type ButtonVariant } from '@/components/button'
import { stripeRefusal } from './stripe-refusal'
import { useStripePage, type StripePage } from './use-stripe-page'
import type { Interval, Plan } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { rememberCheckout } from './pending-checkout'
import { changeLabel, planChange } from './plan-change'
import { priceOf } from './price'
import { isSubscriber } from './subscription'

type PlanButtonProps = {
  plans: readonly Plan[]
  plan: Plan
  interval: Interval
  variant: ButtonVariant
  block?: boolean
}

export function PlanButton({ plans, plan, interval, variant, block = false }: PlanButtonProps) {
  const { id, usage } = useTenant()
  const change = planChange(plans, plan, interval, usage.billing)
  const { leave, leaving, error } = useStripePage(id, () =>
    rememberCheckout(id, { plan: plan.id, interval, before: usage.billing, ends: plan.is_free }),
  )
  if (change === 'current' || priceOf(plan, interval) === null) return null
  // A plan without a subscription is changed by a person: the portal says so.
  const page: StripePage =
    change === 'cancel' && !isSubscriber(usage.billing)
      ? { name: 'portal' }
      : { name: 'checkout', plan: plan.id, interval }
  return (
    <div>
      <Button variant={variant} block={block} loading={leaving} onClick={() => leave(page)}>
        {changeLabel(change, plan, interval)}
      </Button>
      {error && <Refused error={error} />}
    </div>
  )
}

function Refused({ error }: { error: Error }) {
  const { title, text } = stripeRefusal(error)
  return (
    <p role="alert" className="mt-2 text-xs wrap-anywhere text-danger-text">
      <strong className="font-semibold">{title}.</strong> {text}
    </p>
  )
}
