// Everything that an event says.
import type { ReactNode } from 'react'

import { Badge } from '@/components/badge'
import { CopyButton } from '@/components/copy-button'
import type { UsageEvent } from '@/lib/api/types'
import { capitalized, formatInstantExact, formatInteger, formatPercent } from '@/lib/format'

import { CorrectEvent } from './correct-event'
import { CorrectionNotice } from './correction-notice'
import { costNotes, costText, tokenPools } from './event-figures'
import { RecordedBy } from './recorded-by'
import { hasFailed } from './run-steps'
import { errorText } from './step-text'

type EventContentProps = {
  event: UsageEvent
  /** Its part of the cost of its run. */
  costPercent?: number | null
  isCostliest?: boolean
}

export function EventContent({ event, costPercent = null, isCostliest = false }: EventContentProps) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <p className="flex flex-wrap gap-1.5">
        <Badge>{event.kind ?? event.category}</Badge>
        {hasFailed(event) && <Badge tone="danger">{event.status}</Badge>}
        {isCostliest && <Badge tone="accent">Most expensive step</Badge>}
      </p>
      <CorrectionNotice event={event} />
      {hasFailed(event) && (
        <p className="rounded-lg bg-danger-soft px-3 py-2 whitespace-pre-wrap text-danger-text wrap-anywhere">
          {errorText(event) ?? 'The event states no error.'}
        </p>
      )}
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-2">
        <Fact name="Provider">{event.provider}</Fact>
        {event.served_model !== null && <Fact name="Served by">{event.served_model}</Fact>}
        <Cost event={event} costPercent={costPercent} />
        <Tokens event={event} />
        <Fact name="Ended">
          <time dateTime={event.ts}>{formatInstantExact(event.ts)}</time>
        </Fact>
        {IDS.map(([field, name]) => (
          <Id key={field} name={name} id={event[field]} />
        ))}
        {event.api_key !== null && (
          <Fact name="Recorded by">
            <RecordedBy keyId={event.api_key} />
          </Fact>
        )}
        {event.tags !== null && (
          <Fact name="Tags">
            {Object.entries(event.tags)
              .map(([name, value]) => `${name}: ${value}`)
              .join(', ')}
          </Fact>
        )}
      </dl>
      {event.metadata !== null && <Metadata event={event} />}
      <CorrectEvent event={event} />
    </div>
  )
}

const IDS = [
  ['id', 'Event'],
  ['request_id', 'Request'],
  ['user_id', 'User'],
  ['workflow_id', 'Workflow'],
  ['parent_run_id', 'Started by'],
] as const

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-faint">{name}</dt>
      <dd className="text-ink tabular-nums wrap-anywhere">{children}</dd>
    </>
  )
}

function Cost({ event, costPercent }: { event: UsageEvent; costPercent: number | null }) {
  const text = costText(event)
  if (text === null) return null
  return (
    <Fact name="Cost">
      {capitalized(text)}
      {costPercent !== null && `, ${formatPercent(costPercent)} of the run`}
      {costNotes(event).map((note) => (
        <span key={note} className="block text-xs text-ink-faint">
          {capitalized(note)}
        </span>
      ))}
    </Fact>
  )
}

function Tokens({ event }: { event: UsageEvent }) {
  const pools = tokenPools(event)
  if (pools.length === 0) return null
  return (
    <Fact name="Tokens">
      <ul className="flex flex-wrap gap-x-3">
        {pools.map((pool) => (
          <li key={pool}>{pool}</li>
        ))}
      </ul>
    </Fact>
  )
}

function Id({ name, id }: { name: string; id: string | null }) {
  if (id === null) return null
  return (
    <Fact name={name}>
      <span className="flex items-center justify-between gap-2">
        <code className="min-w-0 font-mono text-xs">{id}</code>
        <CopyButton text={id} what={`${name.toLowerCase()} ID`} variant="ghost" />
      </span>
    </Fact>
  )
}

function Metadata({ event }: { event: UsageEvent }) {
  return (
    <div>
      <h3 className="text-ink-faint">Metadata</h3>
      <pre
        role="group"
        aria-label="Metadata"
        tabIndex={0}
        className="mt-1 max-h-80 overflow-auto rounded-lg bg-sunken p-3 font-mono text-xs wrap-anywhere whitespace-pre-wrap text-ink"
      >
        {JSON.stringify(event.metadata, null, 2)}
      </pre>
      {(event.metadata_cut || event.redactions > 0) && (
        <p className="mt-1 text-xs text-ink-faint">
          {event.metadata_cut && 'Cut, because it was too long to store. '}
          {event.redactions > 0 &&
            `${formatInteger(event.redactions)} known secrets were replaced before it was stored.`}
        </p>
      )}
    </div>
  )
}
