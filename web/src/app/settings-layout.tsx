import { Lock } from 'lucide-react'
import { Outlet } from 'react-router'

import { LinkButton } from '@/components/button'
import { EmptyState } from '@/components/empty-state'
import { Page } from '@/components/page'
import { TabNav } from '@/components/tab-nav'
import { mayManage, useTenant } from '@/lib/tenant'

const TABS = [
  { to: 'keys', label: 'API keys' },
  { to: 'members', label: 'Members' },
  { to: 'budgets', label: 'Budgets' },
  { to: 'alerts', label: 'Alerts' },
  { to: 'time-zone', label: 'Time zone' },
  { to: 'audit', label: 'Audit log' },
]

export function SettingsLayout() {
  const tenant = useTenant()
  if (!mayManage(tenant.role)) return <AskAnOwner tenant={tenant.id} />
  return (
    <Page
      title="Settings"
      description={`${tenant.name}: API keys, members, budgets, alerts, time zone and audit log.`}
    >
      <TabNav label="Settings" tabs={TABS} />
      <Outlet context={tenant} />
    </Page>
  )
}

function AskAnOwner({ tenant }: { tenant: string }) {
  return (
    <Page title="Settings">
      <EmptyState
        icon={Lock}
        title="Only owners and admins can change settings"
        description="Ask an owner or admin for an API key or a different role."
        action={<LinkButton to={`/t/${encodeURIComponent(tenant)}`}>Back to usage</LinkButton>}
      />
    </Page>
  )
}
