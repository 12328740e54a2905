import { useOutletContext } from 'react-router'

import { Page } from '@/components/page'
import { InvoicesSection } from '@/features/billing/invoices-section'
import { ReadOnly } from '@/features/billing/read-only'
import type { PlatformTenant } from '@/lib/api/types'

export function InvoicesTab() {
  const { id } = useOutletContext<PlatformTenant>()
  return (
    <Page title="Invoices" description="As Stripe has them.">
      <ReadOnly value>
        <InvoicesSection tenant={id} />
      </ReadOnly>
    </Page>
  )
}
