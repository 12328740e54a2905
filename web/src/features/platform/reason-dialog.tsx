// A dialog for a change by an operator: its fields, and the reason for it.
import { useId, type ReactNode, type SubmitEvent } from 'react'

import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { ReasonField } from '@/components/reason-field'

import { ChangeProblem } from './change-problem'

type ReasonDialogProps = {
  title: string
  description?: ReactNode
  /** The verb on the button, such as "Suspend tenant". */
  confirmLabel: string
  tone?: 'primary' | 'danger'
  /** False while something is missing that a form cannot check by itself. */
  isReady?: boolean
  /** Called with what the form holds, its reason trimmed. */
  change: {
    mutate: (form: Record<string, string>) => void
    isPending: boolean
    error: Error | null
    reset: () => void
    reload: () => Promise<unknown>
  }
  onClose: () => void
  children?: ReactNode
}

export function ReasonDialog(props: ReasonDialogProps) {
  const { tone = 'primary', isReady = true, change, onClose, children } = props
  const form = useId()
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const given = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>
    change.mutate({ ...given, reason: (given.reason ?? '').trim() })
  }
  const reload = () => void change.reload().then(change.reset)
  return (
    <Dialog
      open
      onClose={onClose}
      title={props.title}
      description={props.description}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} variant={tone} loading={change.isPending} disabled={!isReady}>
            {props.confirmLabel}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-4">
        <ChangeProblem error={change.error} title="This change was refused" onReload={reload} />
        {children}
        <ReasonField hint="Kept in the audit log with your address." />
      </form>
    </Dialog>
  )
}
