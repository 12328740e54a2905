// Chart steps without gaps, for the seven largest names and one layer for the rest.
import { isNothing, NOTHING, sumOf, type Sum } from '@/lib/cost'

export type Point = { start: string; group: string | null; sum: Sum }

/** A name that is drawn; `others` tells how many names were put together. */
export type Layer = { label: string; total: Sum; others?: number }

/** The sums of a step, one for each layer in their order. */
export type Step = { start: string; sums: Sum[] }

export type Chart = { layers: Layer[]; steps: Step[]; total: Sum }

export const MAX_LAYERS = 7

/** The colour of a layer by its rank; the eighth is for the rest. */
export const layerColour = (index: number) => `var(--chart-${Math.min(index, MAX_LAYERS) + 1})`

const STEP_MS = { hour: 3_600_000, day: 86_400_000 }

type Span = { from: string; to: string; granularity: 'hour' | 'day' }

/** The chart of `points` over [from, to), whose steps begin at whole hours or days in UTC. */
export function chartOf(points: readonly Point[], { from, to, granularity }: Span): Chart {
  const layers = layersOf(points)
  const place = new Map(layers.filter(isOne).map(({ label }, index) => [label, index]))
  const step_ms = STEP_MS[granularity]
  const steps = new Map<number, Step>()
  const none = () => layers.map(() => NOTHING)
  for (let at = Math.floor(Date.parse(from) / step_ms) * step_ms; at < Date.parse(to); at += step_ms) {
    steps.set(at, { start: new Date(at).toISOString(), sums: none() })
  }
  for (const { start, group, sum } of points) {
    if (isNothing(sum)) continue
    const sums = steps.get(Math.floor(Date.parse(start) / step_ms) * step_ms)?.sums
    const index = place.get(nameOf(group)) ?? layers.length - 1
    if (sums) sums[index] = sumOf([sums[index] ?? NOTHING, sum])
  }
  return { layers, steps: [...steps.values()], total: sumOf(layers.map(({ total }) => total)) }
}

/** The names by their totals, the largest first. What has none of the metric, as a tool has no tokens, is not drawn. */
function layersOf(points: readonly Point[]): Layer[] {
  const totals = new Map<string, Sum>()
  for (const { group, sum } of points) {
    if (!isNothing(sum)) totals.set(nameOf(group), sumOf([totals.get(nameOf(group)) ?? NOTHING, sum]))
  }
  const ranked = [...totals]
    .map(([label, total]) => ({ label, total }))
    .sort((a, b) => compare(b.total.value, a.total.value))
  const rest = ranked.slice(MAX_LAYERS)
  if (rest.length === 0) return ranked
  const total = sumOf(rest.map((layer) => layer.total))
  return [...ranked.slice(0, MAX_LAYERS), { label: `${rest.length} more`, total, others: rest.length }]
}

function isOne({ others }: Layer): boolean {
  return others === undefined
}

const ALL = 'All'

function nameOf(group: string | null): string {
  return group ?? ALL
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b)
}

/** The sum of a step. */
export function sumOfStep({ sums }: Step): Sum {
  return sumOf(sums)
}

/** The largest step; undefined if none has anything. */
export function peakOf({ steps }: Chart): Step | undefined {
  const sizeOf = (step: Step) => sumOfStep(step).value
  const peak = steps.reduce<Step | undefined>(
    (best, step) => (best && sizeOf(best) >= sizeOf(step) ? best : step),
    undefined,
  )
  return peak && sizeOf(peak) > 0n ? peak : undefined
}
