import type { ReactNode } from 'react'

type PageProps = { title: string; description?: ReactNode; actions?: ReactNode; children: ReactNode }

export function Page({ title, description, actions, children }: PageProps) {
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-5">
      <title>{`${title} · GWI Usage`}</title>
      <header className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold tracking-tight wrap-anywhere text-ink">{title}</h1>
          {description !== undefined && <div className="mt-0.5 text-ink-soft">{description}</div>}
        </div>
        {actions !== undefined && (
          <div className="flex flex-wrap items-center gap-2 print:hidden">{actions}</div>
        )}
      </header>
      {children}
    </div>
  )
}
