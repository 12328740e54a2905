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
import { choiceOf } from './plan-change'
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
        <Notice title="Only owners and admins can change the plan">
          Ask an owner or admin of {name} to upgrade.
        </Notice>
      )}
      {plans.data ? (
        <Choice plans={plans.data} />
      ) : plans.error ? (
        <ErrorState title="Could not load plans" query={plans} />
      ) : (
        <Loading />
      )}
    </Page>
  )
}

function Choice({ plans: sold }: { plans: readonly Plan[] }) {
  const { billing } = useTenant().usage
  const plans = choiceOf(sold, billing)
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
        <Segmented label="Billing interval" options={options} value={interval} onChange={setInterval} />
      </div>
      <div className={GRID}>
        {plans.map((plan) => (
          <PlanCard key={plan.id} plans={plans} plan={plan} interval={interval} />
        ))}
      </div>
      <Explanation free={plans.find(({ is_free }) => is_free)?.name ?? 'the free plan'} />
    </>
  )
}

function Explanation({ free }: { free: string }) {
  const { billing, limits, status, aggregate } = useTenant().usage
  return (
    <div className="grid max-w-3xl gap-2 text-ink-soft">
      <p>
        Tokens and runs count per metering period. On {free}, a period is a calendar month (UTC). On a paid
        plan, it is a month from the day the plan started, even with yearly billing. Usage resets on{' '}
        <Instant day at={status?.period_resets_at ?? aggregate.period_end} className="font-medium text-ink" />
        .
        <NextInvoice billing={billing} />
      </p>
      {limits && (
        <p>
          We alert you at {limits.soft_percent}% of a limit. At {limits.hard_percent}%, further usage is
          refused until the period resets or you upgrade.
        </p>
      )}
      {isSubscriber(billing) && (
        <p>You change or cancel your subscription at Stripe, which shows what you pay before you confirm.</p>
      )}
    </div>
  )
}

function Loading() {
  return (
    <>
      <p role="status" className="sr-only">
        Loading plans
      </p>
      <Skeleton className="h-9 w-64" />
      <div className={GRID}>
        {[1, 2, 3, 4].map((number) => (
          <Skeleton key={number} className="h-80 rounded-xl" />
        ))}
      </div>
    </>
  )
}
