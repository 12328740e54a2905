import { SOLID } from '@/components/tone'
import type { UsageEvent } from '@/lib/api/types'
import { formatDuration } from '@/lib/format'

import { tokenPools } from './event-figures'
import { hasFailed, type Step } from './run-steps'

/** What the colors of bars mean, in the order of their legend. */
export const BARS = [
  { name: 'Model', look: 'bg-chart-1', isOf: ({ category }: UsageEvent) => category === 'llm' },
  { name: 'Tool', look: 'bg-chart-3 dotted', isOf: ({ category }: UsageEvent) => category === 'tool' },
  { name: 'Other', look: SOLID.neutral, isOf: () => true },
] as const

export function barLook(event: UsageEvent): string {
  if (hasFailed(event)) return SOLID.danger
  return BARS.find(({ isOf }) => isOf(event))?.look ?? SOLID.neutral
}

const MARKS: Record<string, string> = {
  'run.started': 'Run started',
  'run.completed': 'Run completed',
  'run.failed': 'Run failed',
}

/** The model or tool of a step; what takes no time is named by its kind. */
export function stepName({ kind, status, model, latency_ms }: UsageEvent): string {
  if (latency_ms !== null) return model
  const lifecycle = MARKS[kind ?? `run.${status ?? ''}`]
  return lifecycle ?? kind ?? model
}

/** What else is known of it in a few words. */
export function stepNote(event: UsageEvent): string {
  const { kind, provider, model } = event
  const name = stepName(event) === model ? (kind ?? provider) : `${provider} / ${model}`
  return [name, ...tokenPools(event).slice(0, 2)].join(' · ')
}

/** "2.3 s, from + 1.2 s". */
export function timeText({ start, end }: Step, runStart: number): string {
  const since = `+ ${formatDuration(start - runStart)}`
  return end > start ? `${formatDuration(end - start)}, from ${since}` : `at ${since}`
}

/** The name and the message of a failed step's error; undefined if it states none. */
export function errorText({ error }: UsageEvent): string | undefined {
  if (error === null) return undefined
  return [error.name, error.message].filter((part) => part !== null).join(': ')
}
