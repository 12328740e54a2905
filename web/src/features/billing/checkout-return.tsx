// Shown after Stripe's checkout. The address says that the reader returned, not that they paid.
import { useSearchParams } from 'react-router'

import { Button, LinkButton } from '@/components/button'
import { Instant } from '@/components/instant'
import { Notice } from '@/components/notice'
import { Spinner } from '@/components/spinner'
import type { BillingState, Plan } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { pendingCheckout, type PendingCheckout } from './pending-checkout'
import { currentPlan } from './plan-change'
import { PlanButton } from './plan-button'
import { scheduledName } from './subscription'
import { usePlanConfirmation } from './use-plan-confirmation'

const PARAMETER = 'checkout'

export function CheckoutReturn({ plans }: { plans: readonly Plan[] }) {
  const [search, setSearch] = useSearchParams()
  const { id } = useTenant()
  const dismiss = () => {
    const rest = new URLSearchParams(search)
    rest.delete(PARAMETER)
    setSearch(rest, { replace: true })
  }
  const pending = pendingCheckout(id)
  const outcome = search.get(PARAMETER)
  if (outcome === 'success') return <Paid pending={pending} onDismiss={dismiss} />
  if (outcome === 'canceled') return <Canceled plans={plans} pending={pending} onDismiss={dismiss} />
  return null
}

type ReturnProps = { pending: PendingCheckout | null; onDismiss: () => void }

function Paid({ pending, onDismiss }: ReturnProps) {
  const { id, usage } = useTenant()
  const wait = usePlanConfirmation(id, usage.billing, pending)
  const name = wait.billing.plan_name ?? wait.billing.plan
  if (wait.confirmation === 'changed') {
    return (
      <Notice tone="ok" title={`You are on ${name}`} action={<ToUsage />} onDismiss={onDismiss}>
        Stripe confirmed the change. The new limits apply now.
      </Notice>
    )
  }
  if (wait.confirmation === 'scheduled' || wait.confirmation === 'ending') {
    return <Later billing={wait.billing} onDismiss={onDismiss} />
  }
  if (wait.confirmation === 'subscribed') {
    return (
      <Notice title={`You are on ${name}`} action={<ToUsage />} onDismiss={onDismiss}>
        Your subscription is active. This browser did not start the checkout, so it does not know what
        changed.
      </Notice>
    )
  }
  return wait.gaveUp ? <Unconfirmed wait={wait} onDismiss={onDismiss} /> : <Waiting />
}

/** A change or an end that was confirmed and takes effect when the billed period ends. */
function Later({ billing, onDismiss }: { billing: BillingState; onDismiss: () => void }) {
  const { plan, plan_name, scheduled_at, ends_at } = billing
  const next = scheduled_at === null ? 'the free plan' : scheduledName(billing)
  return (
    <Notice
      tone="ok"
      title={`You stay on ${plan_name ?? plan} for now`}
      action={<ToUsage />}
      onDismiss={onDismiss}
    >
      {/* Both are the end of what is paid for. */}
      You change to {next} on <Instant at={scheduled_at ?? ends_at ?? ''} day />. Until then nothing changes.
    </Notice>
  )
}

function Waiting() {
  return (
    <Notice title="Waiting for Stripe to confirm" action={<Spinner />}>
      This usually takes a few seconds. Your plan updates once Stripe confirms.
    </Notice>
  )
}

type UnconfirmedProps = { wait: { error: Error | null; again: () => void }; onDismiss: () => void }

function Unconfirmed({ wait: { error, again }, onDismiss }: UnconfirmedProps) {
  return (
    <Notice
      tone="warn"
      title="Stripe has not confirmed yet"
      action={<Button onClick={again}>Check again</Button>}
      onDismiss={onDismiss}
    >
      {error === null
        ? 'Your plan has not changed. If you paid, it updates once Stripe confirms.'
        : `Could not load the plan: ${error.message}`}
    </Notice>
  )
}

function Canceled({ plans, pending, onDismiss }: ReturnProps & { plans: readonly Plan[] }) {
  const { role, usage } = useTenant()
  const wanted = plans.find(({ id }) => id === pending?.plan)
  const isOpen = wanted !== undefined && wanted !== currentPlan(plans, usage.billing) && role !== 'member'
  return (
    <Notice
      title="Checkout canceled"
      action={
        <>
          {isOpen && pending && (
            <PlanButton plans={plans} plan={wanted} interval={pending.interval} variant="primary" />
          )}
          <ToUsage />
        </>
      }
      onDismiss={onDismiss}
    >
      You are still on {usage.billing.plan_name ?? usage.billing.plan}. You were not charged.
    </Notice>
  )
}

function ToUsage() {
  const { id } = useTenant()
  return <LinkButton to={`/t/${encodeURIComponent(id)}`}>Go to usage</LinkButton>
}
