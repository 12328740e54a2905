// Frame of the reference, for readers with an account and without.
import { Outlet } from 'react-router'

import { Logo } from '@/components/logo'
import { TabNav } from '@/components/tab-nav'
import { TextLink } from '@/components/text-link'
import { ThemeToggle } from '@/components/theme-toggle'
import { useSession } from '@/lib/session/store'

const TABS = [
  { to: '/docs', label: 'Operations', end: true },
  { to: '/docs/versions', label: 'Versions' },
]

export function ReferenceLayout() {
  const isSignedIn = useSession().status === 'signed-in'
  return (
    <div className="mx-auto w-full max-w-6xl px-4 pb-16 sm:px-6">
      <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-4">
        <Logo />
        <div className="flex items-center gap-4">
          <TextLink to={isSignedIn ? '/' : '/sign-in'}>{isSignedIn ? 'Dashboard' : 'Sign in'}</TextLink>
          <ThemeToggle />
        </div>
      </header>
      <TabNav label="Reference" tabs={TABS} />
      <main id="main" className="min-w-0 pt-5">
        <Outlet />
      </main>
    </div>
  )
}
