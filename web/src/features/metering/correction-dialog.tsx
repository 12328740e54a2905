// The dialog in which somebody corrects an event: its fields, and the reason.
import { useId, type ReactNode, type SubmitEvent } from 'react'

import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Notice } from '@/components/notice'
import { ReasonField } from '@/components/reason-field'
import { useSettingsMutation } from '@/components/use-settings-mutation'
import { call } from '@/lib/api/client'
import { eventPath } from '@/lib/api/queries'
import type { UsageEvent } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import type { Action, ActionTexts } from './corrections'

type CorrectionDialogProps = {
  event: UsageEvent
  action: Action
  texts: ActionTexts
  onClose: () => void
  /** The rest of the request's body, of what the form holds. */
  bodyOf?: (form: FormData) => object
  children?: ReactNode
}

export function CorrectionDialog({ event, action, texts, onClose, bodyOf, children }: CorrectionDialogProps) {
  const { id: tenant } = useTenant()
  const form = useId()
  const correction = useSettingsMutation<FormData>({
    change: (given) =>
      call(`${eventPath(tenant, event.id)}/${action}`, {
        method: 'POST',
        body: { reason: given.get('reason'), ...bodyOf?.(given) },
      }),
    outdated: [['tenant', tenant]],
    done: () => texts.done,
    onDone: onClose,
  })
  const submit = (sent: SubmitEvent<HTMLFormElement>) => {
    sent.preventDefault()
    correction.mutate(new FormData(sent.currentTarget))
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={texts.title}
      description={texts.description}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form={form}
            variant={action === 'void' ? 'danger' : 'primary'}
            loading={correction.isPending}
          >
            {texts.label}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-4">
        {correction.error && (
          <Notice tone="danger" title="This event was not corrected">
            {correction.error.message}
          </Notice>
        )}
        {children}
        <ReasonField hint="Shown with the event, and kept in the audit log." />
      </form>
    </Dialog>
  )
}
