// A page that stands alone, outside a tenant: signing in, creating a tenant, errors.
import type { ReactNode } from 'react'

import { Logo } from './logo'
import { ThemeToggle } from './theme-toggle'

type FullPageProps = {
  /** With a title the content stands in a card, and the browser's tab says it too. */
  title?: string
  description?: ReactNode
  /** Below the card, such as the way to sign up. */
  footer?: ReactNode
  children: ReactNode
}

export function FullPage({ title, description, footer, children }: FullPageProps) {
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="flex items-center justify-between gap-4 px-4 py-4 sm:px-6">
        <Logo />
        <ThemeToggle />
      </header>
      <main id="main" className="flex flex-1 flex-col items-center justify-center px-4 pt-4 pb-16">
        {title === undefined ? (
          children
        ) : (
          <div className="w-full max-w-sm rounded-2xl border border-line bg-surface p-6 shadow-card sm:p-8">
            <title>{`${title} · GWI Usage`}</title>
            <h1 className="text-xl font-semibold tracking-tight text-ink">{title}</h1>
            {description !== undefined && <div className="mt-1 text-ink-soft">{description}</div>}
            <div className="mt-6">{children}</div>
          </div>
        )}
        {footer !== undefined && <div className="mt-5 text-center text-ink-soft">{footer}</div>}
      </main>
    </div>
  )
}
