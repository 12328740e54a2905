// A message with an action. Errors interrupt a screen reader; other notices wait.
import { CircleAlert, CircleCheck, Info, TriangleAlert, X, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

import { IconButton } from './button'
import { cx } from './cx'

export type NoticeTone = 'info' | 'warn' | 'danger' | 'ok'

const LOOKS: Record<NoticeTone, { icon: LucideIcon; box: string; mark: string }> = {
  info: { icon: Info, box: 'border-info/35 bg-info-soft', mark: 'text-info-text' },
  warn: { icon: TriangleAlert, box: 'border-warn/35 bg-warn-soft', mark: 'text-warn-text' },
  danger: { icon: CircleAlert, box: 'border-danger/35 bg-danger-soft', mark: 'text-danger-text' },
  ok: { icon: CircleCheck, box: 'border-ok/35 bg-ok-soft', mark: 'text-ok-text' },
}

type NoticeProps = {
  tone?: NoticeTone
  title: ReactNode
  action?: ReactNode
  onDismiss?: (() => void) | undefined
  children?: ReactNode
}

export function Notice({ tone = 'info', title, action, onDismiss, children }: NoticeProps) {
  const { icon: Icon, box, mark } = LOOKS[tone]
  return (
    <div
      role={tone === 'danger' ? 'alert' : 'status'}
      className={cx('flex items-start gap-3 rounded-xl border px-4 py-3', box)}
    >
      <Icon aria-hidden className={cx('mt-0.5 size-4 shrink-0', mark)} />
      <div className="flex min-w-0 flex-1 flex-wrap items-center justify-between gap-x-6 gap-y-2">
        <div className="min-w-0 basis-64 grow">
          <p className={cx('font-semibold wrap-anywhere', mark)}>{title}</p>
          {children !== undefined && <div className="text-ink-soft wrap-anywhere">{children}</div>}
        </div>
        {action !== undefined && <div className="flex flex-wrap gap-2">{action}</div>}
      </div>
      {onDismiss && (
        <IconButton aria-label="Dismiss" icon={X} size="sm" onClick={onDismiss} className="-my-1 -me-2" />
      )}
    </div>
  )
}
