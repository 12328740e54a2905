import { ChevronRight } from 'lucide-react'
import { useState, type ReactNode } from 'react'

import { cx } from '@/components/cx'

type DisclosureProps = {
  summary: ReactNode
  id?: string
  /** Whether it is open at first. */
  open?: boolean
  className?: string
  children: ReactNode
}

/** Renders its content once it is open: a schema may contain itself. */
export function Disclosure({ summary, id, open = false, className, children }: DisclosureProps) {
  const [isOpen, setOpen] = useState(open)
  return (
    <details
      id={id}
      open={isOpen}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
      className={className}
    >
      <summary className="flex min-h-6 list-none items-start gap-1.5 rounded [&::-webkit-details-marker]:hidden">
        <ChevronRight
          aria-hidden
          className={cx('mt-0.5 size-4 shrink-0 text-ink-faint transition-transform', isOpen && 'rotate-90')}
        />
        {summary}
      </summary>
      {isOpen && children}
    </details>
  )
}
