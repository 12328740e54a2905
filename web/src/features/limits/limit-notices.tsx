// Warnings about limits and billing, with what to do for each role.
import { lazy, Suspense, type ReactNode } from 'react'

import { LinkButton } from '@/components/button'
import { Instant } from '@/components/instant'
import { Notice } from '@/components/notice'
import { BillingAlerts } from '@/features/billing/billing-alerts'
import { ManageBillingButton } from '@/features/billing/manage-billing-button'
import { endOfGrace } from '@/features/billing/subscription'
import type { LimitStatus, Limits, Usage } from '@/lib/api/types'
import { mayManage, type TenantContext } from '@/lib/tenant'

import { LIMIT_NAMES, limitReached, listed, metricsAt } from './limit-level'

// Few readers need it, and those who do not should not wait for it.
const PayOpenInvoice = lazy(async () => ({
  default: (await import('@/features/billing/pay-open-invoice')).PayOpenInvoice,
}))

export function LimitNotices({ tenant }: { tenant: TenantContext }) {
  const { usage } = tenant
  return (
    <>
      <BillingNotice usage={usage} isManager={mayManage(tenant.role)} />
      <BillingAlerts billing={usage.billing} />
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
    return (
      <Notice
        tone="danger"
        title={limitReached(status, limits)}
        action={<ToPlans tenant={tenant} text="Upgrade" isPrimary />}
      >
        Agents that check limits are stopped until <Instant at={status.period_resets_at} />. Usage they record
        anyway still counts. <WhoActs tenant={tenant} />
      </Notice>
    )
  }
  if (!status.soft_limit_reached) return null
  const warned = metricsAt(status, limits, 'soft').map((metric) => LIMIT_NAMES[metric])
  return (
    <Notice
      tone="warn"
      title={`You used ${limits.soft_percent}% of your ${listed(warned)}`}
      action={<ToPlans tenant={tenant} text="See plans" />}
    >
      At {limits.hard_percent}%, agents that check limits are stopped until{' '}
      <Instant at={status.period_resets_at} />. <WhoActs tenant={tenant} />
    </Notice>
  )
}

type ToPlansProps = { tenant: TenantContext; text: string; isPrimary?: boolean }

function ToPlans({ tenant, text, isPrimary = false }: ToPlansProps) {
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
  if (mayManage(tenant.role)) return 'Upgrade to raise the limits immediately.'
  return `Ask an owner or admin of ${tenant.name} to upgrade.`
}

function UnknownPlan({ tenant }: { tenant: TenantContext }) {
  return (
    <Notice
      tone="warn"
      title={`Plan “${tenant.usage.billing.plan}” is not in the catalog`}
      action={<ToPlans tenant={tenant} text="Choose a plan" />}
    >
      We record usage, but cannot check limits or forecast.
    </Notice>
  )
}

function BillingNotice({ usage: { billing, tenant }, isManager }: { usage: Usage; isManager: boolean }) {
  const graceEnd = endOfGrace(billing)
  if (billing.past_due_since !== null) {
    return (
      <Notice
        tone="danger"
        title="Your last payment failed"
        action={
          <>
            {isManager && (
              <Suspense>
                <PayOpenInvoice tenant={tenant.id} />
              </Suspense>
            )}
            <ManageBillingButton tenant={tenant.id} />
          </>
        }
      >
        Due since <Instant at={billing.past_due_since} />.{' '}
        {graceEnd !== null && (
          <>
            Pay by <Instant at={graceEnd} /> to keep your plan.{' '}
          </>
        )}
        {isManager
          ? 'Pay the invoice, or update your card in the billing portal.'
          : 'Ask an owner or admin to update the card.'}
      </Notice>
    )
  }
  if (billing.ends_at === null) return null
  return (
    <Notice tone="info" title="Your plan is canceled" action={<ManageBillingButton tenant={tenant.id} />}>
      {billing.plan_name ?? billing.plan} stays active until <Instant at={billing.ends_at} />. After that, the
      limits of the free plan apply.
    </Notice>
  )
}
