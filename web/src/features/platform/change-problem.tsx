import { Button } from '@/components/button'
import { Notice } from '@/components/notice'
import { CHANGED_MEANWHILE } from '@/components/use-settings-mutation'
import { ApiError, codeOf } from '@/lib/api/problem'

type ChangeProblemProps = { error: Error | null; title: string; onReload: () => void }

/** Why a change was refused. After a change by somebody else, the way to what they left. */
export function ChangeProblem({ error, title, onReload }: ChangeProblemProps) {
  if (!error) return null
  if (codeOf(error) === CHANGED_MEANWHILE) {
    return (
      <Notice
        tone="warn"
        title="Somebody else changed this meanwhile"
        action={
          <Button size="sm" onClick={onReload}>
            Reload
          </Button>
        }
      >
        Your change was not saved. Reload to see the current state, then decide again.
      </Notice>
    )
  }
  const fields = error instanceof ApiError ? error.fields.map(({ message }) => message) : []
  return (
    <Notice tone="danger" title={title}>
      {fields.length === 0 ? error.message : fields.map((message, index) => <p key={index}>{message}</p>)}
    </Notice>
  )
}
