// Asks before something that cannot be undone, and tells if it then failed.
import type { ReactNode } from 'react'

import { Button } from './button'
import { Dialog } from './dialog'
import { Notice } from './notice'

type ConfirmDialogProps = {
  open: boolean
  onClose: () => void
  onConfirm: () => void
  title: string
  /** What will happen. */
  description: ReactNode
  /** The verb on the button, such as "Revoke key". */
  confirmLabel: string
  tone?: 'danger' | 'primary'
  busy?: boolean
  /** What went wrong when it was tried. */
  error?: string | null | undefined
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const {
    open,
    onClose,
    onConfirm,
    title,
    description,
    confirmLabel,
    tone = 'danger',
    busy = false,
    error,
  } = props
  const answers = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button variant={tone} loading={busy} onClick={onConfirm}>
        {confirmLabel}
      </Button>
    </>
  )
  return (
    <Dialog open={open} onClose={onClose} title={title} description={description} footer={answers}>
      {error ? (
        <Notice tone="danger" title="That did not work">
          {error}
        </Notice>
      ) : undefined}
    </Dialog>
  )
}
