import { LogOut, Settings } from 'lucide-react'

import { Avatar } from '@/components/avatar'
import { Menu, type MenuEntry } from '@/components/menu'
import { chooseTheme, useTheme } from '@/components/theme'
import { THEMES } from '@/components/theme-toggle'
import { signOut } from '@/lib/session/session'
import { useSession } from '@/lib/session/store'

const REFERENCE: MenuEntry = { kind: 'link', label: 'API reference', to: '/docs' }
const CONSOLE: MenuEntry = { kind: 'link', label: 'Operator console', to: '/operator', icon: Settings }

type UserMenuProps = { isOperator?: boolean | undefined; onOpen?: () => void }

export function UserMenu({ isOperator = false, onOpen }: UserMenuProps) {
  const session = useSession()
  const theme = useTheme()
  if (session.status !== 'signed-in') return null // the guards lead elsewhere
  const { email, name } = session.user
  return (
    <Menu
      label={`Account: ${email}`}
      {...(onOpen && { onOpen })}
      entries={[
        { kind: 'label', text: 'Signed in as', detail: email },
        { kind: 'separator' },
        { kind: 'label', text: 'Theme' },
        ...THEMES.map(({ value, label, icon }) => ({
          kind: 'action' as const,
          label,
          icon,
          checked: value === theme,
          onSelect: () => chooseTheme(value),
        })),
        { kind: 'separator' },
        REFERENCE,
        ...(isOperator ? [CONSOLE] : []),
        { kind: 'action', label: 'Sign out', icon: LogOut, onSelect: () => void signOut() },
      ]}
      className="p-1"
    >
      <Avatar name={name ?? email} />
    </Menu>
  )
}
