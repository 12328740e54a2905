// Problems of the subscriptions, for those who can fix them.
import { Instant } from '@/components/instant'
import { Notice } from '@/components/notice'
import type { BillingAlert, BillingState } from '@/lib/api/types'
import { mayManage, useTenant } from '@/lib/tenant'

import { ManageBillingButton } from './manage-billing-button'

type Words = { title: string; text: string }

const WORDS: Record<string, Words> = {
  several_subscriptions: {
    title: 'You pay for more than one subscription',
    text: 'Only the highest plan counts. Cancel the subscriptions that you do not need.',
  },
  unmapped_price: {
    title: 'Your subscription matches none of our plans',
    text: 'We do not know which limits it pays for. Contact support.',
  },
}

export function BillingAlerts({ billing }: { billing: BillingState }) {
  const { role } = useTenant()
  if (!mayManage(role)) return null
  return billing.alerts.map((alert) => <AlertNotice key={alert.kind} alert={alert} />)
}

/** Kinds without words of their own show the API's message. */
function AlertNotice({ alert }: { alert: BillingAlert }) {
  const { id } = useTenant()
  const words = WORDS[alert.kind] ?? { title: 'Your subscription needs attention', text: `${alert.message}.` }
  return (
    <Notice tone="warn" title={words.title} action={<ManageBillingButton tenant={id} />}>
      {words.text} Noticed on <Instant at={alert.at} day />.
    </Notice>
  )
}
