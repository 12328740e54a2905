// The plans, the one that holds, and the way to another.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { ErrorState } from '@/components/error-state'
import { Instant } from '@/components/instant'
import { Notice } from '@/components/notice'
import { Page } from '@/components/page'
import { Segmented } from '@/components/segmented'
import { Skeleton } from '@/components/skeleton'
import { ManageBillingButton } from './manage-billing-button'
import { NextInvoice } from './next-invoice'
import { isSubscriber } from './subscription'
import { plansQuery } from '@/lib/api/queries'
import type { Plan } from '@/lib/api/types'
import { mayManage, useTenant } from '@/lib/tenant'

import { CheckoutReturn } from './checkout-return'
import { PlanCard } from './plan-card'
import { intervalOf, savingOf } from './price'

const GRID = 'grid gap-3 sm:grid-cols-2 xl:grid-cols-4'

export function UpgradePage() {
  const { id, name, role, usage } = useTenant()
  const plans = useQuery(plansQuery())
  return (
    <Page
      title="Plans"
      description={
        <p>
          {name} is on {usage.billing.plan_name ?? usage.billing.plan}.
        </p>
      }
      actions={<ManageBillingButton tenant={id} />}
    >
      {!mayManage(role) && (
        <Notice title="Ask an owner or an admin to change the plan">
          You are a member of {name}: you see the plans, but only owners and admins choose one.
        </Notice>
      )}
      {plans.data ? (
        <Choice plans={plans.data} />
      ) : plans.error ? (
        <ErrorState
          title="The plans could not be read"
          error={plans.error}
          onRetry={() => void plans.refetch()}
          retrying={plans.isFetching}
        />
      ) : (
        <Loading />
      )}
    </Page>
  )
}

function Choice({ plans }: { plans: readonly Plan[] }) {
  const { billing } = useTenant().usage
  const [interval, setInterval] = useState(intervalOf(billing))
  const saving = savingOf(plans)
  const options = [
    { value: 'month', label: 'Monthly' },
    { value: 'year', label: saving === null ? 'Yearly' : `Yearly (${saving})` },
  ] as const
  return (
    <>
      <CheckoutReturn plans={plans} />
      <div>
        <Segmented label="How to pay" options={options} value={interval} onChange={setInterval} />
      </div>
      <div className={GRID}>
        {plans.map((plan) => (
          <PlanCard key={plan.id} plans={plans} plan={plan} interval={interval} />
        ))}
      </div>
      <Explanation />
    </>
  )
}

function Explanation() {
  const { billing, limits, status, aggregate } = useTenant().usage
  return (
    <div className="grid max-w-3xl gap-2 text-ink-soft">
      <p>
        Tokens and runs count per metering period. On Free that is the calendar month in UTC; a paid
        plan&apos;s period is a month from the day it began, also when it is paid yearly. Your usage resets on{' '}
        <Instant day at={status?.period_resets_at ?? aggregate.period_end} className="font-medium text-ink" />
        .
        <NextInvoice billing={billing} />
      </p>
      {limits && (
        <p>
          At {limits.soft_percent}% of a limit you are warned, at {limits.hard_percent}% further use is
          refused until the reset or an upgrade.
        </p>
      )}
      {isSubscriber(billing) && (
        <p>
          You have a subscription, so it is changed or canceled on Stripe&apos;s page, which shows what is
          charged or credited before you confirm.
        </p>
      )}
    </div>
  )
}

function Loading() {
  return (
    <>
      <p role="status" className="sr-only">
        Reading the plans
      </p>
      <Skeleton className="h-9 w-64" />
      <div className={GRID}>
        {['free', 'starter', 'professional', 'enterprise'].map((plan) => (
          <Skeleton key={plan} className="h-80 rounded-xl" />
        ))}
      </div>
    </>
  )
}
