// The steps of a run over time. Only the rows near the screen are in the page, so that 10,000 of them scroll smoothly.
import { useMemo, useRef, useState, type KeyboardEvent } from 'react'

import { useNarrowScreen } from '@/components/use-narrow-screen'
import { formatDuration } from '@/lib/format'

import { axisTicks, hasFailed, type RunSteps, type Wait } from './run-steps'
import { useRowWindow, type Placed } from './use-row-window'
import { StepRow, WaitRow, type Scale } from './waterfall-rows'

type WaterfallProps = { run: RunSteps; onOpen: (index: number) => void }

type Row = Placed & { index: number } & ({ step: number } | { wait: Wait })

const STEP_PX = { wide: 52, narrow: 76 }
/** For a second line of its error. */
const FAILED_PX = 16
const WAIT_PX = 28
const PAGE_STEPS = 10
/** Shorter waits are seen between the bars, but get no line of their own. */
const TOLD_WAIT = { ms: 1000, share: 0.03 }

export function Waterfall({ run, onOpen }: WaterfallProps) {
  const isNarrow = useNarrowScreen()
  const rows = useMemo(() => rowsOf(run, isNarrow ? STEP_PX.narrow : STEP_PX.wide), [run, isNarrow])
  const list = useRef<HTMLOListElement>(null)
  const [first, last] = useRowWindow(list, rows)
  const { active, onFocus, onKeyDown } = useActiveStep(run.steps.length)
  const scale: Scale = { start: run.start, length_ms: run.end - run.start }
  const end = rows.at(-1)
  // The row with the focus stays, however far away it is scrolled.
  const shown = rows.filter(
    (row) => (row.index >= first && row.index < last) || ('step' in row && row.step === active),
  )
  return (
    <div className="relative">
      <Axis length_ms={scale.length_ms} />
      <TickLines length_ms={scale.length_ms} />
      <ol
        ref={list}
        aria-label="Steps, in the order in which they began"
        onKeyDown={onKeyDown}
        className="relative border-t border-line"
        style={{ height: end ? end.top + end.height : 0 }}
      >
        {shown.map((row) => (
          <li
            key={'step' in row ? `step ${row.step}` : `wait ${row.wait.start}`}
            className="absolute inset-x-0 border-b border-line"
            style={{ top: row.top, height: row.height }}
            aria-setsize={rows.length}
            aria-posinset={row.index + 1}
          >
            {'step' in row ? (
              <StepRow
                run={run}
                index={row.step}
                scale={scale}
                isActive={row.step === active}
                onFocus={onFocus}
                onOpen={onOpen}
              />
            ) : (
              <WaitRow wait={row.wait} scale={scale} />
            )}
          </li>
        ))}
      </ol>
    </div>
  )
}

/** One step is a stop of the Tab key; the arrow keys go from step to step. */
function useActiveStep(count: number) {
  const [active, setActive] = useState(0)
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const moves: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + PAGE_STEPS,
      PageUp: active - PAGE_STEPS,
      Home: 0,
      End: count - 1,
    }
    const to = moves[event.key]
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    setActive(Math.min(Math.max(to, 0), count - 1))
  }
  return { active: Math.min(active, count - 1), onFocus: setActive, onKeyDown }
}

function rowsOf({ steps, start, end, waits }: RunSteps, step_px: number): Row[] {
  const shown = waits.filter((wait) => {
    const length_ms = wait.end - wait.start
    return length_ms >= TOLD_WAIT.ms && length_ms >= TOLD_WAIT.share * (end - start)
  })
  const rows: Row[] = []
  let top = 0
  let next = 0
  for (const [index, step] of steps.entries()) {
    for (let wait = shown[next]; wait && wait.end <= step.start; wait = shown[next]) {
      rows.push({ index: rows.length, top, height: WAIT_PX, wait })
      top += WAIT_PX
      next += 1
    }
    const height = hasFailed(step.event) ? step_px + FAILED_PX : step_px
    rows.push({ index: rows.length, top, height, step: index })
    top += height
  }
  return rows
}

function Axis({ length_ms }: { length_ms: number }) {
  return (
    <div aria-hidden className="sticky top-14.25 z-10 bg-surface px-4 sm:px-5 lg:top-0">
      <div className="relative h-6 text-xs text-ink-faint tabular-nums sm:ms-72 sm:me-28">
        {axisTicks(length_ms).map((at) => (
          <span
            key={at}
            className="absolute bottom-0.5 -translate-x-1/2 whitespace-nowrap first:translate-x-0 max-sm:nth-[even]:hidden"
            style={{ left: `${length_ms === 0 ? 0 : (at / length_ms) * 100}%` }}
          >
            {at === 0 ? '0' : formatDuration(at)}
          </span>
        ))}
      </div>
    </div>
  )
}

/** From the axis down through all rows. */
function TickLines({ length_ms }: { length_ms: number }) {
  return (
    <div aria-hidden className="pointer-events-none absolute inset-0 px-4 sm:px-5">
      <div className="relative h-full sm:ms-72 sm:me-28">
        {axisTicks(length_ms).map((at) => (
          <span
            key={at}
            className="absolute top-6 bottom-0 w-px bg-line/60"
            style={{ left: `${length_ms === 0 ? 0 : (at / length_ms) * 100}%` }}
          />
        ))}
      </div>
    </div>
  )
}
