// Messages that disappear, in one live region. Failures stay until dismissed.
import { CircleAlert, CircleCheck, Info, X } from 'lucide-react'
import { createContext, use, useCallback, useEffect, useRef, useState, type ReactNode } from 'react'

import { IconButton } from './button'
import { cx } from './cx'

export type ToastMessage = { tone?: 'ok' | 'danger' | 'info'; title: string; body?: string | undefined }
type Shown = ToastMessage & { id: number }

const SHOWN_MS = 6000
const LOOKS = {
  ok: { icon: CircleCheck, colour: 'text-ok-text' },
  danger: { icon: CircleAlert, colour: 'text-danger-text' },
  info: { icon: Info, colour: 'text-info-text' },
} as const

const Show = createContext<(message: ToastMessage) => void>(() => {
  throw new Error('useToast needs a ToastProvider around it')
})

/** The function that shows a message. It stays the same between renders. */
export function useToast(): (message: ToastMessage) => void {
  return use(Show)
}

export function ToastProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<Shown[]>([])
  const lastId = useRef(0)
  const show = useCallback((message: ToastMessage) => {
    lastId.current += 1
    const toast = { ...message, id: lastId.current }
    setShown((before) => [...before, toast].slice(-4))
  }, [])
  const dismiss = useCallback(
    (id: number) => setShown((before) => before.filter((toast) => toast.id !== id)),
    [],
  )
  return (
    <Show value={show}>
      {children}
      <div
        role="status"
        aria-live="polite"
        className="pointer-events-none fixed inset-x-3 bottom-20 z-50 grid justify-items-center gap-2 sm:inset-x-auto sm:end-5 lg:bottom-5"
      >
        {shown.map((toast) => (
          <Toast key={toast.id} toast={toast} onDismiss={dismiss} />
        ))}
      </div>
    </Show>
  )
}

function Toast({ toast, onDismiss }: { toast: Shown; onDismiss: (id: number) => void }) {
  const { id, tone = 'ok', title, body } = toast
  const { icon: Icon, colour } = LOOKS[tone]
  useEffect(() => {
    if (tone === 'danger') return
    const timer = setTimeout(() => onDismiss(id), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [id, tone, onDismiss])
  return (
    <div className="pointer-events-auto flex w-full max-w-sm animate-appear items-start gap-3 rounded-xl border border-line bg-raised py-3 ps-4 pe-2 shadow-float sm:w-96">
      <Icon aria-hidden className={cx('mt-0.5 size-4 shrink-0', colour)} />
      <div className="min-w-0 flex-1 wrap-anywhere">
        <p className="font-medium text-ink">{title}</p>
        {body !== undefined && <p className="text-ink-soft">{body}</p>}
      </div>
      <IconButton aria-label="Dismiss" icon={X} size="sm" onClick={() => onDismiss(id)} className="-my-1" />
    </div>
  )
}
