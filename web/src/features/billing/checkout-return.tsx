// What is said to who comes back from Stripe's checkout. The address only tells that they do, never that they paid.
import { useSearchParams } from 'react-router'

import { Button, LinkButton } from '@/components/button'
import { Notice } from '@/components/notice'
import { Spinner } from '@/components/spinner'
import type { Plan } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { lastDeparture, type Departure } from './departure'
import { currentPlan } from './plan-change'
import { PlanButton } from './plan-button'
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
  const departure = lastDeparture(id)
  const outcome = search.get(PARAMETER)
  if (outcome === 'success') return <Paid departure={departure} onDismiss={dismiss} />
  if (outcome === 'canceled') return <Canceled plans={plans} departure={departure} onDismiss={dismiss} />
  return null
}

type ReturnProps = { departure: Departure | null; onDismiss: () => void }

function Paid({ departure, onDismiss }: ReturnProps) {
  const { id, usage } = useTenant()
  const wait = usePlanConfirmation(id, usage.billing, departure?.before ?? null)
  const name = wait.billing.plan_name ?? wait.billing.plan
  if (wait.confirmation === 'changed') {
    return (
      <Notice tone="ok" title={`You are on ${name}`} action={<ToUsage />} onDismiss={onDismiss}>
        Stripe has confirmed it, and the new limits hold from now on.
      </Notice>
    )
  }
  if (wait.confirmation === 'subscribed') {
    return (
      <Notice title={`You are on ${name}`} action={<ToUsage />} onDismiss={onDismiss}>
        The subscription is active. This browser does not remember what the plan was before, so it cannot tell
        what changed.
      </Notice>
    )
  }
  return wait.gaveUp ? <Unconfirmed wait={wait} onDismiss={onDismiss} /> : <Waiting />
}

function Waiting() {
  return (
    <Notice title="Waiting for Stripe to confirm" action={<Spinner />}>
      This usually takes a few seconds. The plan below changes as soon as it is really yours.
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
        ? 'Your plan has not changed so far. If you paid, it will change by itself as soon as Stripe says so.'
        : `The plan could not be read the last time it was asked for: ${error.message}`}
    </Notice>
  )
}

function Canceled({ plans, departure, onDismiss }: ReturnProps & { plans: readonly Plan[] }) {
  const { role, usage } = useTenant()
  const wanted = plans.find(({ id }) => id === departure?.plan)
  const isOpen = wanted !== undefined && wanted !== currentPlan(plans, usage.billing) && role !== 'member'
  return (
    <Notice
      title="Checkout was canceled"
      action={
        <>
          {isOpen && departure && (
            <PlanButton plans={plans} plan={wanted} interval={departure.interval} variant="primary" />
          )}
          <ToUsage />
        </>
      }
      onDismiss={onDismiss}
    >
      You are still on {usage.billing.plan_name ?? usage.billing.plan}, and canceling it cost nothing.
    </Notice>
  )
}

function ToUsage() {
  const { id } = useTenant()
  return <LinkButton to={`/t/${encodeURIComponent(id)}`}>Go to your usage</LinkButton>
}
