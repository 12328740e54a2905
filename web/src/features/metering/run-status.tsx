// What became of a run, in a word.
import { Badge } from '@/components/badge'
import type { Tone } from '@/components/tone'

const STATUSES: Record<string, { tone: Tone; label: string; meaning: string }> = {
  open: { tone: 'info', label: 'In progress', meaning: 'It has not said that it ended.' },
  completed: { tone: 'ok', label: 'Completed', meaning: 'It ended well.' },
  failed: { tone: 'danger', label: 'Failed', meaning: 'It said that it failed.' },
  timed_out: {
    tone: 'warn',
    label: 'Timed out',
    meaning: 'It was silent for a day and never said that it ended.',
  },
}

/** A status that is new to us keeps the API's name. */
export function RunStatus({ status }: { status: string }) {
  const known = STATUSES[status]
  return (
    <span title={known?.meaning}>
      <Badge tone={known?.tone ?? 'neutral'} dot={status === 'open'}>
        {known?.label ?? status}
      </Badge>
    </span>
  )
}
