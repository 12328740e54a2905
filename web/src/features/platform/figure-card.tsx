// One figure, what it means, and where to act on it.
import type { ReactNode } from 'react'

import { cx } from '@/components/cx'
import { Skeleton } from '@/components/skeleton'
import { TextLink } from '@/components/text-link'
import type { Tone } from '@/components/tone'

type FigureProps = {
  label: string
  /** Undefined while it loads, null while it was never computed. */
  value: ReactNode
  meaning: ReactNode
  link?: { to: string; text: string } | undefined
  tone?: Extract<Tone, 'neutral' | 'warn' | 'danger'>
}

const COLORS = { neutral: 'text-ink', warn: 'text-warn-text', danger: 'text-danger-text' }

/** Put several into a FigureList. */
export function Figure({ label, value, meaning, link, tone = 'neutral' }: FigureProps) {
  return (
    <div className="flex min-w-0 flex-col rounded-xl border border-line bg-surface p-4 shadow-card">
      <dt className="text-xs font-medium text-ink-faint">{label}</dt>
      <dd
        className={cx(
          'mt-0.5',
          value === null ? 'text-base text-ink-faint' : ['text-figure', COLORS[tone]].join(' '),
        )}
      >
        {value === undefined ? <Skeleton className="h-8 w-24" /> : (value ?? 'Not computed yet')}
      </dd>
      <dd className="mt-1 text-xs text-ink-soft">{meaning}</dd>
      {link && (
        <dd className="mt-auto pt-2 text-xs">
          <TextLink to={link.to}>{link.text}</TextLink>
        </dd>
      )}
    </div>
  )
}

const WIDE = { 4: 'xl:grid-cols-4', 5: 'xl:grid-cols-5' }

type FigureListProps = { title: string; asOf?: ReactNode; columns?: 4 | 5; children: ReactNode }

export function FigureList({ title, asOf, columns = 4, children }: FigureListProps) {
  return (
    <section aria-label={title} className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-3">
      <header className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 className="text-sm font-semibold text-ink">{title}</h2>
        {asOf !== undefined && <p className="text-xs text-ink-faint">{asOf}</p>}
      </header>
      <dl className={cx('grid grid-cols-2 gap-3 md:grid-cols-3', WIDE[columns])}>{children}</dl>
    </section>
  )
}
