// The buttons with which owners correct an event, and the dialog that asks for a reason.
import { Ban, Undo2 } from 'lucide-react'
import { useId, useState, type SubmitEvent } from 'react'

import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Notice } from '@/components/notice'
import { ReasonField } from '@/components/reason-field'
import { useSettingsMutation } from '@/components/use-settings-mutation'
import { call } from '@/lib/api/client'
import { eventPath } from '@/lib/api/queries'
import type { UsageEvent } from '@/lib/api/types'
import { mayManage, useTenant } from '@/lib/tenant'

type Action = 'void' | 'unvoid'

const TEXTS = {
  void: {
    icon: Ban,
    label: 'Void event',
    title: 'Void this event?',
    description:
      'It no longer counts towards usage, budgets and its run. It stays in the list, struck through.',
    done: 'Event voided',
  },
  unvoid: {
    icon: Undo2,
    label: 'Take back the void',
    title: 'Count this event again?',
    description: 'It counts as it did before it was voided.',
    done: 'Event counts again',
  },
} as const

/** Nothing for members, and for events that cannot be corrected. */
export function CorrectEvent({ event }: { event: UsageEvent }) {
  const { role } = useTenant()
  const [asked, setAsked] = useState<Action>()
  const action = actionOn(event)
  if (!mayManage(role) || action === undefined) return null
  const { icon, label } = TEXTS[action]
  return (
    <p className="flex flex-wrap gap-2">
      <Button size="sm" icon={icon} onClick={() => setAsked(action)}>
        {label}
      </Button>
      {asked && <CorrectionDialog event={event} action={asked} onClose={() => setAsked(undefined)} />}
    </p>
  )
}

function actionOn({ correction, adjusts }: UsageEvent): Action | undefined {
  if (adjusts !== null || correction?.state === 'amended') return undefined
  return correction?.state === 'voided' ? 'unvoid' : 'void'
}

type CorrectionDialogProps = { event: UsageEvent; action: Action; onClose: () => void }

function CorrectionDialog({ event, action, onClose }: CorrectionDialogProps) {
  const { id: tenant } = useTenant()
  const form = useId()
  const { label, title, description, done } = TEXTS[action]
  const correction = useSettingsMutation<FormData>({
    change: (given) =>
      call(`${eventPath(tenant, event.id)}/${action}`, {
        method: 'POST',
        body: { reason: given.get('reason') },
      }),
    outdated: [['tenant', tenant]],
    done: () => done,
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
      title={title}
      description={description}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form={form}
            variant={action === 'void' ? 'danger' : 'primary'}
            loading={correction.isPending}
          >
            {label}
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
        <ReasonField hint="Shown with the event, and kept in the audit log." />
      </form>
    </Dialog>
  )
}
