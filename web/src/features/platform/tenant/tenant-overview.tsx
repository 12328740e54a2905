import { useState } from 'react'
import { useOutletContext } from 'react-router'

import { Button } from '@/components/button'
import { Page } from '@/components/page'
import type { PlatformTenant } from '@/lib/api/types'

import { BillingCard } from './billing-card'
import { BudgetsCard } from './budgets-card'
import { GrantDialog } from './grant-dialog'
import { GrantsCard } from './grants-card'
import { LimitsCard } from './limits-card'
import { LimitsDialog } from './limits-dialog'
import { MarginCard } from './margin-card'
import { PlanCard } from './plan-card'
import { PlanDialog } from './plan-dialog'
import { ReconcileDialog } from './reconcile-dialog'
import { EndDialog, ResumeDialog, RevokeGrantDialog, SuspendDialog } from './state-dialogs'
import type { TenantTask } from './tenant-task'
import { TenantUsageCard } from './tenant-usage-card'

export function TenantOverview() {
  const tenant = useOutletContext<PlatformTenant>()
  const [task, setTask] = useState<TenantTask | null>(null)
  const isEnded = tenant.status === 'ended'
  return (
    <Page
      title={tenant.name}
      description={<span className="font-mono text-xs">{tenant.id}</span>}
      actions={!isEnded && <StateButtons isSuspended={tenant.status === 'suspended'} onTask={setTask} />}
    >
      <div className="grid grid-cols-[minmax(0,1fr)] gap-5 md:grid-cols-2">
        <PlanCard tenant={tenant} onTask={isEnded ? null : setTask} />
        <BillingCard tenant={tenant} onTask={setTask} />
        <LimitsCard tenant={tenant} onTask={isEnded ? null : setTask} />
        <TenantUsageCard tenant={tenant} />
      </div>
      <GrantsCard tenant={tenant} onTask={isEnded ? null : setTask} />
      <BudgetsCard tenant={tenant.id} />
      <MarginCard tenant={tenant.id} />
      <TaskDialog tenant={tenant} task={task} onClose={() => setTask(null)} />
    </Page>
  )
}

type StateButtonsProps = { isSuspended: boolean; onTask: (task: TenantTask) => void }

function StateButtons({ isSuspended, onTask }: StateButtonsProps) {
  return (
    <>
      {isSuspended ? (
        <Button onClick={() => onTask({ name: 'resume' })}>Resume</Button>
      ) : (
        <Button onClick={() => onTask({ name: 'suspend' })}>Suspend</Button>
      )}
      <Button onClick={() => onTask({ name: 'end' })}>End</Button>
    </>
  )
}

const DIALOGS = {
  plan: PlanDialog,
  limits: LimitsDialog,
  grant: GrantDialog,
  suspend: SuspendDialog,
  resume: ResumeDialog,
  end: EndDialog,
  reconcile: ReconcileDialog,
}

type TaskDialogProps = { tenant: PlatformTenant; task: TenantTask | null; onClose: () => void }

function TaskDialog({ tenant, task, onClose }: TaskDialogProps) {
  if (task === null) return null
  if (task.name === 'revoke')
    return <RevokeGrantDialog tenant={tenant} grant={task.grant} onClose={onClose} />
  const Opened = DIALOGS[task.name]
  return <Opened tenant={tenant} onClose={onClose} />
}
