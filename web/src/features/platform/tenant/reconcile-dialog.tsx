// Compares a tenant's billing with Stripe. The differences are shown before anything is repaired.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { ErrorState } from '@/components/error-state'
import { Spinner } from '@/components/spinner'
import { useToast } from '@/components/toast'
import { call } from '@/lib/api/client'
import { tenantPath } from '@/lib/api/queries'
import type { PlatformTenant, Reconciliation } from '@/lib/api/types'

import { ReasonDialog } from '../reason-dialog'
import { Sentences } from '../sentences'
import { useOperatorChange } from '../use-operator-change'
import { outdatedBy } from './use-tenant-change'

type ReconcileDialogProps = { tenant: PlatformTenant; onClose: () => void }

export function ReconcileDialog({ tenant, onClose }: ReconcileDialogProps) {
  const found = useQuery({
    queryKey: ['platform', 'reconcile', tenant.id],
    queryFn: () => reconcile(tenant.id, { repair: false }),
    // What Stripe says is asked anew each time that the dialog opens.
    gcTime: 0,
    staleTime: Infinity,
    retry: false,
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

type RepairDialogProps = ReconcileDialogProps & { differences: readonly string[] }

function RepairDialog({ tenant, differences, onClose }: RepairDialogProps) {
  const toast = useToast()
  const [left, setLeft] = useState<readonly string[]>([])
  const repair = useOperatorChange<Record<string, string>, Reconciliation>({
    change: ({ reason }) => reconcile(tenant.id, { repair: true, reason }),
    outdated: outdatedBy(tenant.id),
    done: null,
    onDone: (result) => {
      setLeft(result.left)
      if (result.left.length > 0) return
      toast({ title: `Billing of ${tenant.name} repaired` })
      onClose()
    },
  })
  if (left.length > 0) return <LeftDialog left={left} onClose={onClose} />
  return (
    <ReasonDialog
      title={`Repair the billing of ${tenant.name}?`}
      description="The tenant gets what Stripe says. These are the differences."
      confirmLabel="Repair"
      change={repair}
      onClose={onClose}
    >
      <Sentences sentences={differences} />
    </ReasonDialog>
  )
}

function LeftDialog({ left, onClose }: { left: readonly string[]; onClose: () => void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title="Some differences are left"
      description="A repair cannot remove them. Change them in Stripe."
      footer={<Button onClick={onClose}>Close</Button>}
    >
      <Sentences sentences={left} />
    </Dialog>
  )
}

function reconcile(tenant: string, body: { repair: boolean; reason?: string | undefined }) {
  return call<Reconciliation>(`${tenantPath(tenant)}/reconcile`, { method: 'POST', body })
}
