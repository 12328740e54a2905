// Opens Stripe's portal: cards, addresses, cancellation.
import { CreditCard } from 'lucide-react'
import { useEffect } from 'react'

import { Button } from '@/components/button'
import { useToast } from '@/components/toast'
import { mayManage, useTenant } from '@/lib/tenant'

import { stripeRefusal } from './stripe-refusal'
import { isCustomer } from './subscription'
import { useStripePage } from './use-stripe-page'

/** Renders nothing for members and for tenants without a Stripe customer. */
export function ManageBillingButton({ tenant }: { tenant: string }) {
  const { role, usage } = useTenant()
  return mayManage(role) && isCustomer(usage.billing) ? <PortalButton tenant={tenant} /> : null
}

function PortalButton({ tenant }: { tenant: string }) {
  const { leave, leaving, error } = useStripePage(tenant)
  const toast = useToast()
  useEffect(() => {
    if (!error) return
    const { title, text } = stripeRefusal(error)
    toast({ tone: 'danger', title, body: text })
  }, [error, toast])
  return (
    <Button icon={CreditCard} loading={leaving} onClick={() => leave({ name: 'portal' })}>
      Manage billing
    </Button>
  )
}
