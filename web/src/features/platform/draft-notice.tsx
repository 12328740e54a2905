// Changes that are not applied yet: a preview says who is affected, and only then are they applied.
import { useMutation } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { Button } from '@/components/button'
import { Notice } from '@/components/notice'
import { call } from '@/lib/api/client'

import { ChangeProblem } from './change-problem'
import { useOperatorChange } from './use-operator-change'
import { ReasonDialog } from './reason-dialog'

type DraftNoticeProps<Changes> = {
  /** "2 changes are not applied yet" */
  title: string
  /** The route that previews and applies, and what it is sent. */
  path: string
  body: Record<string, unknown>
  /** The key of what the route changes. */
  queryKey: readonly string[]
  /** What the preview shows of the changes; null if nothing would change. */
  summary: (changes: Changes) => ReactNode
  dialogTitle: string
  done: string
  /** Called after the changes are applied or given up. */
  onEnd: () => void
}

export function DraftNotice<Changes>(props: DraftNoticeProps<Changes>) {
  const { path, body, queryKey, summary, onEnd } = props
  const [shown, setShown] = useState<Changes | null>(null)
  const preview = useMutation({
    mutationFn: () => call<Changes>(path, { method: 'PUT', query: { dry_run: 'true' }, body }),
    onSuccess: setShown,
  })
  const apply = useOperatorChange<Record<string, string>>({
    change: (form) => call(path, { method: 'PUT', body: { ...body, ...form } }),
    outdated: [queryKey, ['plans'], ['platform', 'overview']],
    done: props.done,
    onDone: onEnd,
  })
  const reload = async () => {
    await apply.reload()
    onEnd()
  }
  const content = shown && summary(shown)
  return (
    <>
      <Notice
        title={props.title}
        action={
          <>
            <Button onClick={onEnd}>Discard</Button>
            <Button variant="primary" loading={preview.isPending} onClick={() => preview.mutate()}>
              Preview
            </Button>
          </>
        }
      >
        Nothing changes until you have seen the preview and applied it.
      </Notice>
      <ChangeProblem
        error={preview.error}
        title="These changes cannot be applied"
        onReload={() => void reload()}
      />
      {shown && (
        <ReasonDialog
          title={content === null ? 'Nothing would change' : props.dialogTitle}
          confirmLabel="Apply"
          isReady={content !== null}
          change={{ ...apply, reload }}
          onClose={() => setShown(null)}
        >
          {content}
        </ReasonDialog>
      )}
    </>
  )
}
