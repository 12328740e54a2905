// A page outside a tenant.
import type { ReactNode } from 'react'

import { Logo } from './logo'
import { ThemeToggle } from './theme-toggle'

export function FullPage({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="flex items-center justify-between gap-4 px-4 py-4 sm:px-6">
        <Logo />
        <ThemeToggle />
      </header>
      <main id="main" className="flex flex-1 flex-col items-center justify-center px-4 pt-4 pb-16">
        {children}
      </main>
    </div>
  )
}
