// The platform's modal dialog, which keeps the focus and gives it back.
import { X } from 'lucide-react'
import { useId, useLayoutEffect, useRef, type MouseEvent, type ReactNode, type SyntheticEvent } from 'react'

import { IconButton } from './button'

type DialogProps = {
  open: boolean
  onClose: () => void
  title: string
  description?: ReactNode
  /** Buttons; the one that answers last. */
  footer?: ReactNode
  /** False keeps Escape and presses beside the dialog from closing it: for what is shown only once. */
  dismissible?: boolean
  children?: ReactNode
}

/** The content is mounted while open, so what a form holds does not outlive it. */
export function Dialog({
  open,
  onClose,
  title,
  description,
  footer,
  dismissible = true,
  children,
}: DialogProps) {
  const dialog = useModal(open)
  const id = useId()
  const cancel = (event: SyntheticEvent) => {
    event.preventDefault()
    if (dismissible) onClose()
  }
  const pressBeside = (event: MouseEvent) => {
    if (dismissible && event.target === event.currentTarget) onClose()
  }
  return (
    <dialog
      ref={dialog}
      aria-labelledby={`${id}-title`}
      aria-describedby={description === undefined ? undefined : `${id}-description`}
      onCancel={cancel}
      // The browser may close it by itself, as at a second Escape. What was opened again in the meantime stays open.
      onClose={({ currentTarget }) => open && !currentTarget.open && onClose()}
      onMouseDown={pressBeside}
      className="m-auto max-h-[calc(100dvh-2rem)] w-[min(32rem,calc(100vw-2rem))] overflow-visible rounded-2xl bg-transparent p-0 text-ink backdrop:bg-[rgb(10_10_20/0.5)] open:animate-appear"
    >
      {open && (
        <div className="flex max-h-[calc(100dvh-2rem)] flex-col rounded-2xl border border-line bg-raised shadow-float">
          <header className="flex items-start justify-between gap-3 px-5 pt-5">
            <div className="min-w-0">
              <h2 id={`${id}-title`} className="text-base font-semibold wrap-anywhere">
                {title}
              </h2>
              {description !== undefined && (
                <div id={`${id}-description`} className="mt-1 text-ink-soft wrap-anywhere">
                  {description}
                </div>
              )}
            </div>
            {dismissible && (
              <IconButton
                aria-label="Close"
                icon={X}
                size="sm"
                onClick={onClose}
                className="-me-1.5 -mt-0.5"
              />
            )}
          </header>
          {children !== undefined && <div className="min-h-0 overflow-y-auto px-5 pt-4 pb-1">{children}</div>}
          {footer !== undefined && (
            <footer className="flex flex-wrap justify-end gap-2 px-5 pt-4 pb-5">{footer}</footer>
          )}
        </div>
      )}
    </dialog>
  )
}

/** Opens the dialog, and closes it also when it is unmounted while open: only closing gives the focus back. */
function useModal(open: boolean) {
  const ref = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const dialog = ref.current
    if (!open || !dialog) return
    dialog.showModal()
    return () => dialog.close()
  }, [open])
  return ref
}
