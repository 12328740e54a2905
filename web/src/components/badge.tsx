import type { ReactNode } from 'react'

import { cx } from './cx'
import { SOFT, SOLID, type Tone } from './tone'

export function Badge({
  tone = 'neutral',
  dot = false,
  children,
}: {
  tone?: Tone
  dot?: boolean
  children: ReactNode
}) {
  return (
    <span
      className={cx(
        'inline-flex items-center gap-1.5 rounded-md px-1.5 py-0.5 text-xs font-medium whitespace-nowrap forced-colors:border',
        SOFT[tone],
      )}
    >
      {dot && (
        <span aria-hidden className={cx('size-1.5 rounded-full forced-color-adjust-none', SOLID[tone])} />
      )}
      {children}
    </span>
  )
}
