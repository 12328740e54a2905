import type { ReactNode } from 'react'

import { Card } from '@/components/card'
import { Logo } from '@/components/logo'

type AuthLayoutProps = { title: string; lead?: ReactNode; children: ReactNode; others?: ReactNode }

export function AuthLayout({ title, lead, children, others }: AuthLayoutProps) {
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-sm flex-col justify-center gap-6 px-4 py-10">
      <title>{`${title} · GWI Usage`}</title>
      <Logo />
      <Card>
        <h1 className="text-xl font-semibold text-ink">{title}</h1>
        {lead !== undefined && <p className="mt-1 text-ink-soft">{lead}</p>}
        <div className="mt-5 flex flex-col gap-4">{children}</div>
      </Card>
      {others !== undefined && <p className="text-center text-ink-soft">{others}</p>}
    </main>
  )
}
