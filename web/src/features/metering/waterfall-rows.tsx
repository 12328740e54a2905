import { CircleAlert } from 'lucide-react'
import { useLayoutEffect, useRef } from 'react'

import { Badge } from '@/components/badge'
import { cx } from '@/components/cx'
import { formatDuration, formatPercent } from '@/lib/format'

import { stands, STATES } from './corrections'
import { costText } from './event-figures'
import { hasFailed, type RunSteps, type Step, type Wait } from './run-steps'
import { barLook, errorText, stepName, stepNote, timeText } from './step-text'

/** The time that the width of a row stands for. */
export type Scale = { start: number; length_ms: number }

/** A name, a bar and a cost; on a phone the bar is below them. */
const GRID =
  'grid w-full grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 px-4 text-start sm:grid-cols-[17.25rem_minmax(0,1fr)_6.25rem] sm:px-5'

type StepRowProps = {
  run: RunSteps
  index: number
  scale: Scale
  /** Whether it is the stop of the Tab key. */
  isActive: boolean
  onFocus: (index: number) => void
  onOpen: (index: number) => void
}

export function StepRow({ run, index, scale, isActive, onFocus, onOpen }: StepRowProps) {
  const button = useFocusWhenActive(isActive)
  const step = run.steps[index]
  if (!step) return null
  const { event } = step
  return (
    <button
      ref={button}
      type="button"
      tabIndex={isActive ? 0 : -1}
      onFocus={() => onFocus(index)}
      onClick={() => onOpen(index)}
      className={cx(
        GRID,
        'h-full scroll-my-24 -outline-offset-2 transition-colors hover:bg-sunken/60',
        hasFailed(event) && 'bg-danger-soft/40',
      )}
    >
      <span className="min-w-0 leading-5">
        <span className="flex items-center gap-1.5">
          {hasFailed(event) && <CircleAlert aria-hidden className="size-3.5 shrink-0 text-danger-text" />}
          <Name event={event} />
          {event.correction && (
            <Badge tone={STATES[event.correction.state].tone}>{STATES[event.correction.state].label}</Badge>
          )}
          {index === run.costliest && <Badge tone="accent">Most expensive</Badge>}
        </span>
        <Note event={step.event} />
      </span>
      <Price step={step} />
      <Bar step={step} scale={scale} isCostliest={index === run.costliest} />
      <span className="sr-only">, {timeText(step, scale.start)}</span>
    </button>
  )
}

function Name({ event }: { event: Step['event'] }) {
  const Text = stands(event) ? 'span' : 's'
  return (
    <Text title={`${event.provider} / ${event.model}`} className="truncate font-medium text-ink">
      {stepName(event)}
    </Text>
  )
}

/** Arrow keys move the stop within the list: the focus follows it, and the page follows the focus. */
function useFocusWhenActive(isActive: boolean) {
  const button = useRef<HTMLButtonElement>(null)
  useLayoutEffect(() => {
    const { activeElement } = document
    const isInList = activeElement?.closest('ol') === button.current?.closest('ol')
    if (!isActive || !isInList || activeElement === button.current) return
    button.current?.focus({ preventScroll: true })
    button.current?.scrollIntoView({ block: 'nearest' })
  }, [isActive])
  return button
}

function Note({ event }: { event: Step['event'] }) {
  const error = errorText(event)
  if (hasFailed(event)) {
    return (
      <span title={error} className="line-clamp-2 text-xs text-danger-text wrap-anywhere">
        {error ?? 'Failed'}
      </span>
    )
  }
  return <span className="block truncate text-xs text-ink-faint tabular-nums">{stepNote(event)}</span>
}

function Price({ step: { event, costPercent } }: { step: Step }) {
  const text = costText(event)
  const Text = stands(event) ? 'span' : 's'
  return (
    <span className="col-start-2 text-end leading-5 tabular-nums sm:col-start-3">
      <Text className={cx('block', event.cost_usd === null ? 'text-xs text-ink-faint' : 'text-ink')}>
        {text}
      </Text>
      {costPercent !== null && (
        <span className="block text-xs text-ink-faint">
          {formatPercent(costPercent)}
          <span className="sr-only"> of the cost</span>
        </span>
      )}
    </span>
  )
}

type BarProps = { step: Step; scale: Scale; isCostliest: boolean }

function Bar({ step, scale, isCostliest }: BarProps) {
  const { left, width } = placeOf(step, scale)
  const takesTime = step.end > step.start
  const isLate = left > 55
  return (
    <span
      aria-hidden
      className="relative col-span-2 row-start-2 block h-5 sm:col-span-1 sm:col-start-2 sm:row-start-1"
    >
      <span
        data-bar
        className={cx(
          'absolute forced-color-adjust-none',
          takesTime
            ? 'inset-y-1 min-w-0.75 rounded-sm'
            : 'top-1.5 size-2 -translate-x-1/2 rotate-45 rounded-[1px]',
          barLook(step.event),
          isCostliest && 'ring-2 ring-accent-text/60 ring-offset-1 ring-offset-surface',
        )}
        style={takesTime ? { left: `${left}%`, width: `${width}%` } : { left: `${left}%` }}
      />
      {takesTime && (
        <span
          className="absolute top-0 px-1.5 text-xs leading-5 whitespace-nowrap text-ink-faint tabular-nums"
          style={isLate ? { right: `${100 - left}%` } : { left: `${left + width}%` }}
        >
          {left + width > 88 && !isLate ? null : formatDuration(step.end - step.start)}
        </span>
      )}
    </span>
  )
}

export function WaitRow({ wait, scale }: { wait: Wait; scale: Scale }) {
  const { left, width } = placeOf(wait, scale)
  return (
    <span className={cx(GRID, 'h-full bg-sunken/40 text-xs text-ink-faint')}>
      <span>Waited {formatDuration(wait.end - wait.start)}</span>
      <span aria-hidden className="relative block h-3 max-sm:w-32 sm:col-start-2">
        <span
          className="absolute inset-y-0 min-w-0.5 rounded-sm border border-dashed border-control/60"
          style={{ left: `${left}%`, width: `${width}%` }}
        />
      </span>
    </span>
  )
}

function placeOf({ start, end }: Wait, scale: Scale): { left: number; width: number } {
  if (scale.length_ms === 0) return { left: 0, width: 0 }
  const percent = (length_ms: number) => (length_ms / scale.length_ms) * 100
  return { left: percent(start - scale.start), width: percent(end - start) }
}
