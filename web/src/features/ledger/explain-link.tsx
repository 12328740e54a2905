import type { ReactNode } from 'react'
import { Link } from 'react-router'

/** A figure that leads to its events; plain where there are none to show. */
export function ExplainLink({ to, children }: { to: string | undefined; children: ReactNode }) {
  if (to === undefined) return <>{children}</>
  return (
    <Link
      to={to}
      title="See its events"
      className="relative rounded-sm underline decoration-ink-faint/50 decoration-dotted decoration-1 underline-offset-4 hover:decoration-solid"
    >
      {children}
    </Link>
  )
}
