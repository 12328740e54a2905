// Where the steps of a run lie in time. An event's `ts` is the end of what it reports: it began `latency_ms` earlier.
import type { UsageEvent } from '@/lib/api/types'
import { nanoUsdOf } from '@/lib/format'

import { stands } from './corrections'

export type Step = {
  event: UsageEvent
  /** In milliseconds of the epoch. The beginning or the end of a run takes no time. */
  start: number
  end: number
  /** Its percentage of the run's known cost; null where either is unknown or nothing. */
  costPercent: number | null
}

/** A time in which no step was at work, and nothing was reported. */
export type Wait = { start: number; end: number }

export type RunSteps = {
  /** In the order in which they began. */
  steps: readonly Step[]
  start: number
  end: number
  waits: readonly Wait[]
  waited_ms: number
  /** The most steps that were at work at once. */
  mostAtOnce: number
  /** The index of the step that cost most; undefined if none is known to have cost anything. */
  costliest: number | undefined
  /** The indices of the steps that failed. */
  failed: readonly number[]
}

/** Return the steps of `events`, in any order, of a run with this cost. Adjustments of a later day are none. */
export function stepsOf(events: readonly UsageEvent[], runCostUsd: string): RunSteps {
  const runCost = nanoUsdOf(runCostUsd)
  const steps = events
    .filter(({ adjusts }) => adjusts === null)
    .map((event) => stepOf(event, runCost))
    .sort(byStart)
  const start = Math.min(...extent(steps, ({ start }) => start))
  const end = Math.max(...extent(steps, ({ end }) => end))
  const { waits, mostAtOnce } = occupancyOf(steps, { start, end })
  return {
    steps,
    start,
    end,
    waits,
    waited_ms: waits.reduce((sum, wait) => sum + wait.end - wait.start, 0),
    mostAtOnce,
    costliest: costliestOf(steps),
    failed: steps.flatMap(({ event }, index) => (hasFailed(event) ? [index] : [])),
  }
}

export function hasFailed({ status }: UsageEvent): boolean {
  return status === 'error' || status === 'failed'
}

function stepOf(event: UsageEvent, runCost: bigint): Step {
  const end = Date.parse(event.ts)
  const cost = event.cost_usd === null || !stands(event) ? 0n : nanoUsdOf(event.cost_usd)
  const costPercent = cost > 0n && runCost > 0n ? Number((cost * 100_000n) / runCost) / 1000 : null
  return { event, start: end - (event.latency_ms ?? 0), end, costPercent }
}

function byStart(a: Step, b: Step): number {
  return a.start - b.start || a.end - b.end
}

/** The first and the last of 10,000 numbers; as many arguments would be too many for `Math.min`. */
function extent(steps: readonly Step[], of: (step: Step) => number): [number, number] {
  return steps.reduce<[number, number]>(
    ([low, high], step) => [Math.min(low, of(step)), Math.max(high, of(step))],
    [Infinity, -Infinity],
  )
}

/** Sweep over the beginnings and ends of the steps. One that takes no time divides a wait. */
function occupancyOf(steps: readonly Step[], { start, end }: Wait) {
  if (steps.every((step) => step.end === step.start)) return { waits: [], mostAtOnce: 0 }
  const turns = steps.flatMap((step): [number, number][] =>
    step.end === step.start
      ? [[step.start, 0]]
      : [
          [step.start, 1],
          [step.end, -1],
        ],
  )
  // At one instant an end comes before a beginning: what follows at once does not overlap.
  turns.sort(([a, x], [b, y]) => a - b || x - y)
  const waits: Wait[] = []
  let [atWork, mostAtOnce, since] = [0, 0, start]
  for (const [at, change] of turns) {
    if (atWork === 0 && at > since) waits.push({ start: since, end: at })
    atWork += change
    mostAtOnce = Math.max(mostAtOnce, atWork)
    if (atWork === 0) since = at
  }
  if (end > since) waits.push({ start: since, end })
  return { waits, mostAtOnce }
}

function costliestOf(steps: readonly Step[]): number | undefined {
  let [found, highest]: [number | undefined, number] = [undefined, 0]
  for (const [index, { event }] of steps.entries()) {
    const cost = event.cost_usd === null || !stands(event) ? 0 : Number(nanoUsdOf(event.cost_usd))
    if (cost > highest) [found, highest] = [index, cost]
  }
  return found
}

/** Four to nine round instants on an axis of this length, from 0. */
export function axisTicks(length_ms: number): number[] {
  if (length_ms <= 0) return [0]
  const step = STEPS_MS.find((each) => length_ms / each <= 6) ?? Math.ceil(length_ms / 6 / DAY_MS) * DAY_MS
  return Array.from({ length: Math.floor(length_ms / step) + 1 }, (_, index) => index * step)
}

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 4, 6, 12, 24].map((hours) => hours * HOUR_MS),
]
