import { useId, type ReactNode } from 'react'

import { cx } from './cx'

type CardProps = {
  title?: ReactNode
  description?: ReactNode
  actions?: ReactNode
  footer?: ReactNode
  /** Leaves out the padding around the content: for tables, which bring their own. */
  flush?: boolean
  className?: string
  children?: ReactNode
}

export function Card({ title, description, actions, footer, flush = false, className, children }: CardProps) {
  const titleId = useId()
  return (
    <section
      aria-labelledby={title === undefined ? undefined : titleId}
      className={cx('flex min-w-0 flex-col rounded-xl border border-line bg-surface shadow-card', className)}
    >
      {(title !== undefined || actions !== undefined) && (
        <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 pt-4 sm:px-5">
          <div className="min-w-0">
            {title !== undefined && (
              <h2 id={titleId} className="text-sm font-semibold text-ink">
                {title}
              </h2>
            )}
            {description !== undefined && <p className="mt-0.5 text-xs text-ink-faint">{description}</p>}
          </div>
          {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </header>
      )}
      <div className={cx('min-w-0 flex-1', flush ? 'pt-3' : 'p-4 sm:px-5')}>{children}</div>
      {footer !== undefined && (
        <footer className="border-t border-line px-4 py-3 text-xs text-ink-faint sm:px-5">{footer}</footer>
      )}
    </section>
  )
}
