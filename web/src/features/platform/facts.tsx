// Names and values, a line each.
import type { ReactNode } from 'react'

export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid gap-2">{children}</dl>
}

export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-4">
      <dt className="text-ink-faint">{label}</dt>
      <dd className="ms-auto min-w-0 text-end wrap-anywhere text-ink tabular-nums">{children}</dd>
    </div>
  )
}
