// A part of the page that links lead to.
import type { ReactNode } from 'react'

import { Card } from '@/components/card'

type SectionProps = { id: string; title: string; description?: ReactNode; children: ReactNode }

export function Section({ id, title, description, children }: SectionProps) {
  return (
    <div id={id} className="scroll-mt-20 lg:scroll-mt-6">
      <Card title={title} description={description} flush>
        {children}
      </Card>
    </div>
  )
}

export function Nothing({ children }: { children: ReactNode }) {
  return <p className="px-4 pb-5 text-ink-soft sm:px-5">{children}</p>
}
