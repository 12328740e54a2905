import type { UsageEvent } from '@/lib/api/types'
import { capitalized } from '@/lib/format'

import { costNotes } from './event-figures'

const REFERENCES = ['served_model', 'id', 'user_id', 'workflow_id', 'request_id'] as const
const NAMES = {
  served_model: 'Served by',
  id: 'Event',
  user_id: 'User',
  workflow_id: 'Workflow',
  request_id: 'Request',
}

export function EventDetails({ event }: { event: UsageEvent }) {
  return (
    <details className="text-xs text-ink-soft">
      <summary className="w-fit rounded py-0.5 text-ink-faint hover:text-ink pointer-coarse:py-2.5">
        {event.metadata === null ? 'Details' : 'Details and metadata'}
      </summary>
      <dl className="mt-1 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3">
        <Cost notes={costNotes(event)} />
        {REFERENCES.filter((name) => event[name] !== null).map((name) => (
          <Reference key={name} name={NAMES[name]} value={event[name]} />
        ))}
      </dl>
      {event.metadata !== null && <Metadata metadata={event.metadata} />}
    </details>
  )
}

/** A line for each note, because paths of a response are long. */
function Cost({ notes }: { notes: readonly string[] }) {
  if (notes.length === 0) return null
  return (
    <>
      <dt className="text-ink-faint">Cost</dt>
      {notes.map((note) => (
        <dd key={note} className="col-start-2 wrap-anywhere">
          {capitalized(note)}
        </dd>
      ))}
    </>
  )
}

function Reference({ name, value }: { name: string; value: string | null }) {
  return (
    <>
      <dt className="text-ink-faint">{name}</dt>
      <dd className="font-mono wrap-anywhere">{value}</dd>
    </>
  )
}

function Metadata({ metadata }: { metadata: Record<string, unknown> }) {
  return (
    <pre
      role="group"
      aria-label="Metadata"
      tabIndex={0}
      className="mt-2 max-h-80 overflow-auto rounded-lg bg-sunken p-3 font-mono wrap-anywhere whitespace-pre-wrap text-ink"
    >
      {JSON.stringify(metadata, null, 2)}
    </pre>
  )
}
