// What the reader must know about limits and billing, with the way out: to plans for who may choose one, else whom to ask.
import type { ReactNode } from 'react'

import { LinkButton } from '@/components/button'
import { Instant } from '@/components/instant'
import { Notice } from '@/components/notice'
import { ManageBillingButton } from '@/features/billing/manage-billing-button'
import type { LimitStatus, Limits, Usage } from '@/lib/api/types'
import { mayManage, type TenantContext } from '@/lib/tenant'

import { metricsAt } from './limit-level'

export function LimitNotices({ tenant }: { tenant: TenantContext }) {
  const { usage } = tenant
  return (
    <>
      <BillingNotice usage={usage} isManager={mayManage(tenant.role)} />
      {usage.status && usage.limits ? (
        <LimitNotice status={usage.status} limits={usage.limits} tenant={tenant} />
      ) : (
        <UnknownPlan tenant={tenant} />
      )}
    </>
  )
}

type LimitProps = { status: LimitStatus; limits: Limits; tenant: TenantContext }

function LimitNotice({ status, limits, tenant }: LimitProps) {
  if (status.hard_limit_reached) {
    const which = metricsAt(status, limits, 'hard').join(' and ')
    return (
      <Notice
        tone="danger"
        title={`The limit of ${which} is reached`}
        action={<ToPlans tenant={tenant} text="Upgrade" isPrimary />}
      >
        Agents that ask first are told to stop until <Instant at={status.period_resets_at} />. What is
        recorded all the same still counts. <WhoActs tenant={tenant} />
      </Notice>
    )
  }
  if (!status.soft_limit_reached) return null
  return (
    <Notice
      tone="warn"
      title={`${limits.soft_percent}% of the ${metricsAt(status, limits, 'soft').join(' and ')} are used`}
      action={<ToPlans tenant={tenant} text="See plans" />}
    >
      At {limits.hard_percent}% agents that ask first are told to stop, until{' '}
      <Instant at={status.period_resets_at} />. <WhoActs tenant={tenant} />
    </Notice>
  )
}

function ToPlans({
  tenant,
  text,
  isPrimary = false,
}: {
  tenant: TenantContext
  text: string
  isPrimary?: boolean
}) {
  if (!mayManage(tenant.role)) return null
  return (
    <LinkButton
      to={`/t/${encodeURIComponent(tenant.id)}/upgrade`}
      variant={isPrimary ? 'primary' : 'secondary'}
    >
      {text}
    </LinkButton>
  )
}

function WhoActs({ tenant }: { tenant: TenantContext }): ReactNode {
  if (mayManage(tenant.role)) return 'A larger plan raises the limits at once.'
  return `Ask an owner or admin of ${tenant.name} for a larger plan.`
}

function UnknownPlan({ tenant }: { tenant: TenantContext }) {
  return (
    <Notice
      tone="warn"
      title={`The plan “${tenant.usage.billing.plan}” is not in the catalog`}
      action={<ToPlans tenant={tenant} text="Choose a plan" />}
    >
      Usage is recorded, but without known limits nothing is checked or forecast.
    </Notice>
  )
}

function BillingNotice({ usage: { billing, tenant }, isManager }: { usage: Usage; isManager: boolean }) {
  const ends = billing.plan_ends_at ?? billing.current_period_end
  if (billing.past_due_since !== null) {
    return (
      <Notice
        tone="danger"
        title="The last payment failed"
        action={<ManageBillingButton tenant={tenant.id} />}
      >
        It has been due since <Instant at={billing.past_due_since} />.{' '}
        {billing.plan_ends_at !== null && (
          <>
            Without a payment the plan ends on <Instant at={billing.plan_ends_at} />.{' '}
          </>
        )}
        {isManager ? 'Check the card in the billing portal.' : 'Ask an owner or admin to check the card.'}
      </Notice>
    )
  }
  if (!billing.cancel_at_period_end || ends === null) return null
  return (
    <Notice tone="info" title="The plan is canceled" action={<ManageBillingButton tenant={tenant.id} />}>
      {billing.plan_name ?? billing.plan} stays until <Instant at={ends} />; from then on the limits of Free
      apply.
    </Notice>
  )
}
