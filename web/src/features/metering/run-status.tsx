import { Badge } from '@/components/badge'
import type { Tone } from '@/components/tone'

const STATUSES: Record<string, { tone: Tone; label: string; meaning: string }> = {
  open: { tone: 'info', label: 'In progress', meaning: 'The run has not reported an end.' },
  completed: { tone: 'ok', label: 'Completed', meaning: 'The run completed.' },
  failed: { tone: 'danger', label: 'Failed', meaning: 'The run reported a failure.' },
  timed_out: {
    tone: 'warn',
    label: 'Timed out',
    meaning: 'The run sent no events for a day and reported no end.',
  },
}

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
