import { Badge } from '@/components/badge'
import type { Tone } from '@/components/tone'

type Meaning = { tone: Tone; label: string; meaning: string }

const STATUSES: Record<string, Meaning> = {
  open: { tone: 'info', label: 'In progress', meaning: 'The run has not reported an end.' },
  completed: { tone: 'ok', label: 'Completed', meaning: 'The run completed.' },
  failed: { tone: 'danger', label: 'Failed', meaning: 'The run reported a failure.' },
  timed_out: {
    tone: 'warn',
    label: 'Timed out',
    meaning: 'The run sent no events for a day and reported no end.',
  },
}
const SILENT: Meaning = {
  tone: 'warn',
  label: 'No word',
  meaning: 'The run has sent no events for 30 minutes and reported no end.',
}

export function RunStatus({ status, isSilent = false }: { status: string; isSilent?: boolean }) {
  const known = isSilent ? SILENT : STATUSES[status]
  return (
    <span title={known?.meaning}>
      <Badge tone={known?.tone ?? 'neutral'} dot={status === 'open' && !isSilent}>
        {known?.label ?? status}
      </Badge>
    </span>
  )
}
