// Compares a tenant's billing with Stripe. The differences are shown before anything is repaired.
import { useQuery } from '@tanstack/react-query'

import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { ErrorState } from '@/components/error-state'
import { Spinner } from '@/components/spinner'
import { call } from '@/lib/api/client'
import { tenantPath } from '@/lib/api/queries'
import type { PlatformTenant } from '@/lib/api/types'

import type { Reconciliation } from '../contract'
import { ReasonDialog } from '../reason-dialog'
import { useTenantChange } from './use-tenant-change'

type ReconcileDialogProps = { tenant: PlatformTenant; onClose: () => void }

export function ReconcileDialog({ tenant, onClose }: ReconcileDialogProps) {
  const found = useQuery({
    queryKey: ['platform', 'reconcile', tenant.id],
    queryFn: () =>
      call<Reconciliation>(`${tenantPath(tenant.id)}/reconcile`, { method: 'POST', body: { repair: false } }),
    // What Stripe says is asked anew each time that the dialog opens.
    gcTime: 0,
    staleTime: Infinity,
  })
  if (found.data && found.data.differences.length > 0) {
    return <RepairDialog tenant={tenant} differences={found.data.differences} onClose={onClose} />
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Reconcile ${tenant.name} with Stripe`}
      footer={<Button onClick={onClose}>Close</Button>}
    >
      {found.error ? (
        <ErrorState title="Could not compare with Stripe" query={found} />
      ) : found.data ? (
        <p className="text-ink-soft">Nothing differs. The tenant’s billing is as Stripe has it.</p>
      ) : (
        <Spinner label="Comparing with Stripe" />
      )}
    </Dialog>
  )
}

function RepairDialog({ tenant, differences, onClose }: ReconcileDialogProps & { differences: string[] }) {
  const change = useTenantChange({
    tenant,
    request: ({ reason }) => ({ path: '/reconcile', method: 'POST', body: { repair: true, reason } }),
    done: `Billing of ${tenant.name} repaired`,
    onDone: onClose,
  })
  return (
    <ReasonDialog
      title={`Repair the billing of ${tenant.name}?`}
      description="The tenant gets what Stripe says. These are the differences."
      confirmLabel="Repair"
      change={change}
      onClose={onClose}
    >
      <ul className="grid list-disc gap-1 ps-5 text-ink-soft">
        {differences.map((difference) => (
          <li key={difference} className="wrap-anywhere">
            {difference}
          </li>
        ))}
      </ul>
    </ReasonDialog>
  )
}
