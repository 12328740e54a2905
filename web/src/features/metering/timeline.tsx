// The steps of a run: a summary, their waterfall, and one of them in a dialog.
import { CircleAlert, Coins } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useSearchParams } from 'react-router'

import { Button } from '@/components/button'
import { Card } from '@/components/card'
import { cx } from '@/components/cx'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Notice } from '@/components/notice'
import { Skeleton } from '@/components/skeleton'
import type { Run, UsageEvent } from '@/lib/api/types'
import { formatDuration, formatInteger, formatPercent } from '@/lib/format'

import { DownloadRunButton } from './download-run-button'
import { Occupancy } from './occupancy'
import { STEP } from './run-address'
import { stepsOf, type RunSteps } from './run-steps'
import { StepDialog } from './step-dialog'
import { BARS } from './step-text'
import { MAX_EVENTS, useRunEvents } from './use-run-events'
import { Waterfall } from './waterfall'

export function Timeline({ run }: { run: Run }) {
  const [cursors, setCursors] = useState<readonly string[]>([])
  const { query, count, older, events, isReadingOn } = useRunEvents(run.id, cursors.at(-1))
  const isPart = older !== undefined || cursors.length > 0
  return (
    <>
      {isPart && (
        <Notice
          title={`This run has more events than the ${formatInteger(MAX_EVENTS)} that are shown at once`}
          action={
            <>
              {cursors.length > 0 && (
                <Button size="sm" onClick={() => setCursors(cursors.slice(0, -1))}>
                  Newer events
                </Button>
              )}
              {older !== undefined && (
                <Button size="sm" onClick={() => setCursors([...cursors, older])}>
                  Older events
                </Button>
              )}
            </>
          }
        >
          The figures above are of the whole run.
        </Notice>
      )}
      {events && isReadingOn && (
        <Notice title={`Loading older events: ${formatInteger(count)} so far`}>
          The newest {formatInteger(events.length)} are shown meanwhile.
        </Notice>
      )}
      {events ? (
        <Steps key={cursors.length} run={run} events={events} isPart={isPart || isReadingOn} />
      ) : (
        !query.error && <Loading />
      )}
      {query.error && (
        <Card>
          <ErrorState title={events ? 'Could not load all events' : 'Could not load events'} query={query} />
        </Card>
      )}
    </>
  )
}

type StepsProps = { run: Run; events: readonly UsageEvent[]; isPart: boolean }

function Steps({ run, events, isPart }: StepsProps) {
  const steps = useMemo(() => stepsOf(events, run.cost_usd), [events, run.cost_usd])
  const { opened, open, close } = useOpenStep(steps)
  if (events.length === 0) {
    return (
      <Card title="Steps">
        <EmptyState
          title="Events expired"
          description="Events are kept for a limited time. Their totals remain above."
        />
      </Card>
    )
  }
  return (
    <Card
      title="Steps"
      description={<Summary steps={steps} />}
      actions={
        <>
          <Jumps steps={steps} onOpen={open} />
          <DownloadRunButton run={run} events={events} isCut={isPart} />
        </>
      }
      flush
    >
      {steps.end > steps.start && (
        <div className="px-4 sm:px-5">
          <div className="sm:ms-72 sm:me-28">
            <Occupancy run={steps} />
          </div>
          <Legend />
        </div>
      )}
      <Waterfall run={steps} onOpen={open} />
      <StepDialog run={steps} index={opened} onOpen={open} onClose={close} />
    </Card>
  )
}

/** The open step is part of the address, so that a link leads to it. */
function useOpenStep({ steps }: RunSteps) {
  const [search, setSearch] = useSearchParams()
  const id = search.get(STEP)
  const index = id === null ? -1 : steps.findIndex(({ event }) => event.id === id)
  const show = (event: string | undefined) => {
    const next = new URLSearchParams(search)
    if (event === undefined) next.delete(STEP)
    else next.set(STEP, event)
    setSearch(next, { replace: id !== null, preventScrollReset: true })
  }
  return {
    opened: index === -1 ? undefined : index,
    open: (step: number) => show(steps[step]?.event.id),
    close: () => show(undefined),
  }
}

function Summary({ steps: { steps, start, end, waited_ms, mostAtOnce } }: { steps: RunSteps }) {
  const parts = [
    `${formatInteger(steps.length)} ${steps.length === 1 ? 'event' : 'events'} in ${formatDuration(end - start)}`,
  ]
  if (mostAtOnce > 1) parts.push(`up to ${formatInteger(mostAtOnce)} at once`)
  if (waited_ms > 0) {
    parts.push(`${formatDuration(waited_ms)} (${formatPercent((waited_ms / (end - start)) * 100)}) waiting`)
  }
  return <>{parts.join(' · ')}</>
}

/** Ways to what matters most in a long run. */
function Jumps({ steps, onOpen }: { steps: RunSteps; onOpen: (index: number) => void }) {
  const { costliest, failed } = steps
  const [firstFailure] = failed
  return (
    <>
      {costliest !== undefined && steps.steps.length > 1 && (
        <Button size="sm" icon={Coins} onClick={() => onOpen(costliest)}>
          Most expensive
        </Button>
      )}
      {firstFailure !== undefined && (
        <Button size="sm" icon={CircleAlert} onClick={() => onOpen(firstFailure)}>
          {failed.length === 1 ? '1 error' : `${formatInteger(failed.length)} errors`}
        </Button>
      )}
    </>
  )
}

function Legend() {
  const entries = [...BARS, { name: 'Failed', look: 'bg-danger' }]
  return (
    <ul
      aria-label="Colors of the bars"
      className="flex flex-wrap gap-x-4 gap-y-1 py-2 text-xs text-ink-soft sm:ms-72"
    >
      {entries.map(({ name, look }) => (
        <li key={name} className="inline-flex items-center gap-1.5">
          <span aria-hidden className={cx('h-2 w-3 rounded-sm forced-color-adjust-none', look)} />
          {name}
        </li>
      ))}
    </ul>
  )
}

function Loading() {
  return (
    <Card title="Steps" flush>
      <p role="status" className="sr-only">
        Loading events
      </p>
      <div className="grid gap-px border-t border-line">
        {[1, 2, 3, 4].map((row) => (
          <div key={row} className="grid gap-2 px-4 py-3 sm:px-5">
            <Skeleton className="h-5 w-96 max-w-full" />
          </div>
        ))}
      </div>
    </Card>
  )
}
