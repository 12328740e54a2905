// Who is signed in, how the app looks for them, and the way out.
import { LogOut } from 'lucide-react'

import { Avatar } from '@/components/avatar'
import { Menu } from '@/components/menu'
import { useTheme } from '@/components/theme'
import { themeEntries } from '@/components/theme-entries'
import { signOut } from '@/lib/session/session'
import { useSession } from '@/lib/session/store'

export function UserMenu() {
  const session = useSession()
  const theme = useTheme()
  if (session.status !== 'signed-in') return null // the guards lead elsewhere
  const { email, name } = session.user
  return (
    <Menu
      label={`Account: ${email}`}
      entries={[
        { kind: 'label', text: 'Signed in as', detail: email },
        { kind: 'separator' },
        ...themeEntries(theme),
        { kind: 'separator' },
        { kind: 'action', label: 'Sign out', icon: LogOut, onSelect: () => void signOut() },
      ]}
      className="p-1"
    >
      <Avatar name={name ?? email} />
    </Menu>
  )
}
