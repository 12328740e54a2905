// Lists other tenants, loaded when the menu opens.
import { useQuery } from '@tanstack/react-query'
import { ChevronsUpDown, Mail, Plus } from 'lucide-react'
import { useState } from 'react'

import { Avatar } from '@/components/avatar'
import { Menu, type MenuEntry } from '@/components/menu'
import { meQuery } from '@/lib/api/queries'
import type { Me } from '@/lib/api/types'

import { ROLE_LABELS } from './roles'

type TenantSwitcherProps = { current: { id: string; name: string } }

export function TenantSwitcher({ current }: TenantSwitcherProps) {
  const [wasOpened, setWasOpened] = useState(false)
  const me = useQuery({ ...meQuery(), enabled: wasOpened })
  return (
    <Menu
      label={`Tenant ${current.name}: switch tenant`}
      onOpen={() => setWasOpened(true)}
      entries={[
        ...(me.data
          ? placesOf(me.data, current.id)
          : [{ kind: 'label', text: me.error?.message ?? 'Loading tenants…' } as const]),
        { kind: 'separator' },
        { kind: 'link', label: 'New tenant', to: '/new', icon: Plus },
      ]}
      className="flex w-full min-w-0 items-center gap-2.5 px-2 py-1.5 text-start"
    >
      <Avatar name={current.name} />
      <span className="min-w-0 flex-1 truncate font-medium text-ink">{current.name}</span>
      <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-ink-faint" />
    </Menu>
  )
}

function placesOf({ tenants, invitations }: Me, current: string): MenuEntry[] {
  const places = tenants.map(({ id, name, role, suspended }) => ({
    kind: 'link' as const,
    label: name,
    detail: suspended ? 'Suspended' : ROLE_LABELS[role],
    to: `/t/${encodeURIComponent(id)}`,
    checked: id === current,
  }))
  if (invitations.length === 0) return places
  const waiting = invitations.length === 1 ? 'One invitation' : `${invitations.length} invitations`
  return [...places, { kind: 'separator' }, { kind: 'link', label: waiting, to: '/new', icon: Mail }]
}
