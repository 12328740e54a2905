import { Instant } from '@/components/instant'
import { Notice } from '@/components/notice'
import { TextLink } from '@/components/text-link'
import type { UsageEvent } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { stands, STATES } from './corrections'
import { stepPath } from './run-address'

/** What became of an event, why, and by whom. */
export function CorrectionNotice({ event }: { event: UsageEvent }) {
  const { correction, run_id } = event
  if (correction === null) return null
  const { state, reason, by, at, replaced_by, replaces } = correction
  return (
    <Notice tone={stands(event) ? 'info' : 'warn'} title={STATES[state].text}>
      {reason}
      <span className="block text-xs text-ink-faint">
        {by.replace(/^\w+:/, '')}, <Instant at={at} />
      </span>
      <Other label="Replaced by" run={run_id} event={replaced_by} />
      <Other label="Replaces" run={run_id} event={replaces} />
    </Notice>
  )
}

function Other({ label, run, event }: { label: string; run: string | null; event: string | null }) {
  const { id } = useTenant()
  if (event === null) return null
  return (
    <span className="block text-xs">
      {label}{' '}
      {run === null ? (
        <code className="font-mono">{event}</code>
      ) : (
        <TextLink to={stepPath(id, run, event)} className="font-mono">
          {event}
        </TextLink>
      )}
    </span>
  )
}
