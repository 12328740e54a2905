// A sidebar on wide screens; a top bar and a bottom navigation on phones.
import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link, NavLink } from 'react-router'

import { cx } from './cx'
import { Logo } from './logo'

export type NavigationItem = { to: string; label: string; icon: LucideIcon; end?: boolean }

type AppShellProps = {
  navigation: readonly NavigationItem[]
  tenantSwitcher?: ReactNode
  liveStatus?: ReactNode
  userMenu: ReactNode
  children: ReactNode
}

export function AppShell({ navigation, tenantSwitcher, liveStatus, userMenu, children }: AppShellProps) {
  return (
    <div className="lg:grid lg:grid-cols-[15rem_minmax(0,1fr)] print:block">
      <a
        href="#main"
        className="fixed start-3 top-3 z-50 -translate-y-20 rounded-lg bg-accent px-4 py-2 font-medium text-on-accent focus:translate-y-0 print:hidden"
      >
        Skip to content
      </a>
      <header className="sticky top-0 z-30 flex items-center gap-2 border-b border-line bg-surface px-3 py-2 print:hidden lg:h-dvh lg:flex-col lg:items-stretch lg:gap-4 lg:border-e lg:border-b-0 lg:p-3">
        <Link to="/" className="rounded-lg max-lg:hidden lg:px-2 lg:py-1.5" aria-label="GWI Usage, home">
          <Logo />
        </Link>
        {tenantSwitcher !== undefined && <div className="min-w-0 max-lg:flex-1">{tenantSwitcher}</div>}
        {tenantSwitcher === undefined && <div className="flex-1 lg:hidden" />}
        <Navigation items={navigation} />
        {liveStatus !== undefined && <div className="shrink-0 lg:px-2.5">{liveStatus}</div>}
        <div className="shrink-0 lg:-mx-3 lg:-mb-3 lg:border-t lg:border-line lg:p-2">{userMenu}</div>
      </header>
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto w-full max-w-6xl min-w-0 px-4 pt-5 pb-28 sm:px-6 lg:px-8 lg:pt-8 lg:pb-16 print:max-w-none print:p-0"
      >
        {children}
      </main>
    </div>
  )
}

function Navigation({ items }: { items: readonly NavigationItem[] }) {
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] lg:static lg:flex-1 lg:overflow-y-auto lg:border-0 lg:pb-0"
    >
      <ul className="flex lg:flex-col lg:gap-0.5">
        {items.map(({ to, label, icon: Icon, end = false }) => (
          <li key={to} className="min-w-0 flex-1 lg:flex-none">
            <NavLink to={to} end={end} className={({ isActive }) => itemLook(isActive)}>
              <Icon aria-hidden className="size-5 shrink-0 lg:size-4" />
              <span className="truncate">{label}</span>
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function itemLook(isActive: boolean): string {
  return cx(
    'flex min-h-14 flex-col items-center justify-center gap-1 px-2 text-xs font-medium transition-colors -outline-offset-2',
    'lg:min-h-9 lg:flex-row lg:justify-start lg:gap-2.5 lg:rounded-lg lg:px-2.5 lg:text-sm',
    isActive
      ? 'font-semibold text-accent-text forced-chosen max-lg:shadow-[inset_0_2px_0_var(--accent-text)] lg:bg-accent-soft'
      : 'text-ink-soft hover:text-ink lg:hover:bg-sunken',
  )
}
