import type { ReactNode } from 'react'

import { cx } from './cx'

/** Content that is dimmed while it still answers an earlier question. */
export function Outdated({ when, children }: { when: boolean; children: ReactNode }) {
  return (
    <div aria-busy={when} className={cx('min-w-0', when && 'opacity-60')}>
      {children}
    </div>
  )
}
