import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

type EmptyStateProps = {
  title: string
  description?: ReactNode
  action?: ReactNode
  icon?: LucideIcon
  /** 1 where it is all that a page shows. */
  level?: 1 | 2
  children?: ReactNode
}

export function EmptyState({ title, description, action, icon: Icon, level = 2, children }: EmptyStateProps) {
  const Heading = level === 1 ? 'h1' : 'h2'
  return (
    <div className="mx-auto flex w-full max-w-xl flex-col items-center px-2 py-8 text-center">
      {Icon && (
        <span className="mb-3 inline-flex size-11 items-center justify-center rounded-xl bg-accent-soft text-accent-text">
          <Icon aria-hidden className="size-5" />
        </span>
      )}
      <Heading className="text-base font-semibold text-ink">{title}</Heading>
      {description !== undefined && <p className="mt-1 text-ink-soft">{description}</p>}
      {action !== undefined && <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div>}
      {children !== undefined && <div className="mt-5 w-full min-w-0 text-start">{children}</div>}
    </div>
  )
}
