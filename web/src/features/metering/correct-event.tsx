// The buttons with which owners correct an event.
import { Ban, Pencil, Undo2 } from 'lucide-react'
import { useState } from 'react'

import { Button } from '@/components/button'
import type { UsageEvent } from '@/lib/api/types'
import { mayManage, useTenant } from '@/lib/tenant'

import { AmendFields, amendmentOf } from './amend-fields'
import { CorrectionDialog } from './correction-dialog'
import { ACTION_TEXTS, type Action } from './corrections'

const ICONS = { void: Ban, unvoid: Undo2, amend: Pencil }

/** Nothing for members, and for events that cannot be corrected. */
export function CorrectEvent({ event }: { event: UsageEvent }) {
  const { role } = useTenant()
  const [asked, setAsked] = useState<Action>()
  const actions = actionsOn(event)
  if (!mayManage(role) || actions.length === 0) return null
  const close = () => setAsked(undefined)
  return (
    <div className="flex flex-wrap gap-2">
      {actions.map((action) => (
        <Button key={action} size="sm" icon={ICONS[action]} onClick={() => setAsked(action)}>
          {ACTION_TEXTS[action].label}
        </Button>
      ))}
      {asked === 'amend' && (
        <CorrectionDialog
          event={event}
          action={asked}
          texts={ACTION_TEXTS.amend}
          bodyOf={(form) => ({ event: amendmentOf(event, form) })}
          onClose={close}
        >
          <AmendFields event={event} />
        </CorrectionDialog>
      )}
      {asked !== undefined && asked !== 'amend' && (
        <CorrectionDialog event={event} action={asked} texts={ACTION_TEXTS[asked]} onClose={close} />
      )}
    </div>
  )
}

function actionsOn({ correction, adjusts }: UsageEvent): readonly Action[] {
  if (adjusts !== null || correction?.state === 'amended') return []
  return correction?.state === 'voided' ? ['unvoid'] : ['amend', 'void']
}
