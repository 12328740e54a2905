// The events behind a number of the usage page.
import { useInfiniteQuery } from '@tanstack/react-query'
import { ArrowLeft, SearchX } from 'lucide-react'
import { useSearchParams } from 'react-router'

import { Badge } from '@/components/badge'
import { LinkButton } from '@/components/button'
import { Card } from '@/components/card'
import { CostText } from '@/components/cost-text'
import { DataTable, type Column } from '@/components/data-table'
import { Dialog } from '@/components/dialog'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Instant } from '@/components/instant'
import { Notice } from '@/components/notice'
import { Page } from '@/components/page'
import { stands, STATES } from '@/features/metering/corrections'
import { EventContent } from '@/features/metering/event-content'
import { costText } from '@/features/metering/event-figures'
import { stepPath } from '@/features/metering/run-address'
import { pagesQuery } from '@/lib/api/queries'
import type { Explanation, UsageEvent } from '@/lib/api/types'
import { costOf } from '@/lib/cost'
import { formatInstant, formatInteger } from '@/lib/format'
import { useTenant } from '@/lib/tenant'

import { type Question } from '@/features/metering/explain-address'
import { questionIn } from './explain-filters'
import { NameAtProvider } from './series-name'

/** The parameter that names the event that is open: one without a run, as others are open in theirs. */
const EVENT = 'event'

export function ExplainPage() {
  const [search] = useSearchParams()
  const question = questionIn(search)
  return (
    <Page title="Events" description={question && <Asked question={question} />} actions={<ToUsage />}>
      {question ? (
        <Answer question={question} />
      ) : (
        <EmptyState
          level={1}
          icon={SearchX}
          title="No number to explain"
          description="Select a figure on the usage page to see its events."
          action={<ToUsage />}
        />
      )}
    </Page>
  )
}

function Asked({ question }: { question: Question }) {
  const { from, to, provider, model, errors } = question
  const names = [provider, model].filter((name) => name !== undefined).join(' / ')
  const others = OTHERS.flatMap(([filter, label]) =>
    question[filter] ? [`${label} ${question[filter]}`] : [],
  )
  const what = [names && `of ${names}`, ...others].filter(Boolean).join(', ')
  return (
    <span className="wrap-anywhere">
      {errors ? 'Failed events' : what ? 'Usage' : 'All usage'} {what} from {instantText(from)} to{' '}
      {instantText(to)}.
    </span>
  )
}

const OTHERS = [
  ['user_id', 'user'],
  ['workflow_id', 'workflow'],
  ['api_key', 'API key'],
  ['tag', 'tag'],
] as const

/** The instant for people; an address that was typed by hand may hold any text. */
function instantText(text: string): string {
  return Number.isNaN(Date.parse(text)) ? text : formatInstant(text)
}

function Answer({ question }: { question: Question }) {
  const { id } = useTenant()
  const [search, setSearch] = useSearchParams()
  const query = useInfiniteQuery(pagesQuery<Explanation>(id, 'usage/explain', { ...question }))
  const { data, error } = query
  if (error && !data) return <ErrorState title="Could not load the events" query={query} />
  const last = data?.pages.at(-1)
  const events = data?.pages.flatMap((page) => page.events)
  const open = events?.find((event) => event.id === search.get(EVENT))
  return (
    <>
      {error && (
        <Notice tone="danger" title="Could not load more events">
          {error.message}
        </Notice>
      )}
      {last && <Expired from={question.from} explanation={last} />}
      <Card title={last ? <Total explanation={last} /> : 'Loading events'} flush>
        <DataTable
          caption="Events"
          columns={COLUMNS}
          rows={events}
          rowKey={(event) => event.id}
          href={(event) =>
            event.run_id === null ? `?${withEvent(search, event.id)}` : stepPath(id, event.run_id, event.id)
          }
          loadingRows={8}
          more={query}
          {...(query.hasNextPage
            ? {}
            : { empty: <p className="px-5 pb-5 text-ink-soft">No events are left of this number.</p> })}
        />
      </Card>
      <Dialog
        open={open !== undefined}
        onClose={() => setSearch(withEvent(search), { replace: true })}
        title={open?.model ?? ''}
        description="Recorded without a run."
      >
        {open && <EventContent event={open} />}
      </Dialog>
    </>
  )
}

/** The address with this event open, or with none. */
function withEvent(search: URLSearchParams, event?: string): string {
  const changed = new URLSearchParams(search)
  if (event === undefined) changed.delete(EVENT)
  else changed.set(EVENT, event)
  return changed.toString()
}

function Total({ explanation: { sum, sum_is_complete } }: { explanation: Explanation }) {
  return (
    <>
      <CostText cost={costOf(sum)} />
      {[
        '',
        `${formatInteger(sum.tokens.total)} tokens`,
        `${formatInteger(sum.calls)} LLM calls`,
        ...(sum.tool_calls > 0 ? [`${formatInteger(sum.tool_calls)} tool calls`] : []),
        ...(sum.errors > 0 ? [`${formatInteger(sum.errors)} errors`] : []),
      ].join(' · ')}
      {!sum_is_complete && ' so far'}
    </>
  )
}

/** Usage outlasts its events: a number may have more than its events add up to. */
function Expired({ from, explanation: { kept_since } }: { from: string; explanation: Explanation }) {
  if (Date.parse(from) >= Date.parse(kept_since)) return null
  return (
    <Notice tone="info" title="Some events have expired">
      Events before {formatInstant(kept_since)} are deleted after a while. The totals still count them.
    </Notice>
  )
}

/** A figure of an event, struck through if it does not count. */
function Counted({ event, children }: { event: UsageEvent; children: string | null }) {
  if (children === null) return '–'
  return stands(event) ? children : <s>{children}</s>
}

function ToUsage() {
  const { id } = useTenant()
  return (
    <LinkButton to={`/t/${encodeURIComponent(id)}`} icon={ArrowLeft}>
      Usage
    </LinkButton>
  )
}

const COLUMNS: Column<UsageEvent>[] = [
  {
    key: 'model',
    header: 'Model',
    cell: ({ series, correction, adjusts }) => (
      <>
        <NameAtProvider name={series.model} provider={series.provider} />
        {correction && <Badge tone={STATES[correction.state].tone}>{STATES[correction.state].label}</Badge>}
        {adjusts !== null && <Badge>Adjustment</Badge>}
      </>
    ),
  },
  { key: 'time', header: 'Time', cell: ({ ts }) => <Instant at={ts} className="whitespace-nowrap" /> },
  {
    key: 'user',
    header: 'User',
    hideBelow: 'md',
    cell: ({ user_id }) => <span className="wrap-anywhere">{user_id ?? '–'}</span>,
  },
  {
    key: 'run',
    header: 'Run',
    hideBelow: 'md',
    cell: ({ run_id }) => <span className="font-mono text-xs wrap-anywhere">{run_id ?? '–'}</span>,
  },
  {
    key: 'tokens',
    header: 'Tokens',
    align: 'end',
    hideBelow: 'sm',
    cell: (event) => (
      <Counted event={event}>{event.tokens && formatInteger(event.tokens.total_tokens)}</Counted>
    ),
  },
  {
    key: 'cost',
    header: 'Cost',
    align: 'end',
    cell: (event) => <Counted event={event}>{costText(event)}</Counted>,
  },
]
