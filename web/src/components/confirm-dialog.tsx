import type { ReactNode } from 'react'

import { Button } from './button'
import { Dialog } from './dialog'
import { Notice } from './notice'

type ConfirmDialogProps = {
  onClose: () => void
  onConfirm: () => void
  title: string
  description: ReactNode
  /** The verb on the button, such as "Revoke key". */
  confirmLabel: string
  tone?: 'danger' | 'primary'
  busy?: boolean
  error?: string | null | undefined
  children?: ReactNode
}

export function ConfirmDialog({
  tone = 'danger',
  busy = false,
  error,
  children,
  ...props
}: ConfirmDialogProps) {
  const buttons = (
    <>
      <Button onClick={props.onClose}>Cancel</Button>
      <Button variant={tone} loading={busy} onClick={props.onConfirm}>
        {props.confirmLabel}
      </Button>
    </>
  )
  return (
    <Dialog open onClose={props.onClose} title={props.title} description={props.description} footer={buttons}>
      {(error ?? children) != null && (
        <div className="flex flex-col gap-4">
          {error && (
            <Notice tone="danger" title="Something went wrong">
              {error}
            </Notice>
          )}
          {children}
        </div>
      )}
    </Dialog>
  )
}
