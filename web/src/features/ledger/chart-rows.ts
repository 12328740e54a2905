// Chart steps without gaps, for the seven largest names and one layer for the rest.
export type Point = { start: string; group: string | null; value: bigint }

/** A name that is drawn; `others` tells how many names were put together. */
export type Layer = { label: string; total: bigint; others?: number }

/** The values of a step, one for each layer in their order. */
export type Step = { start: string; values: bigint[] }

export type Chart = { layers: Layer[]; steps: Step[]; total: bigint }

export const MAX_LAYERS = 7

/** The colour of a layer by its rank; the eighth is for the rest. */
export const layerColour = (index: number) => `var(--chart-${Math.min(index, MAX_LAYERS) + 1})`

const STEP_MS = { hour: 3_600_000, day: 86_400_000 }

type Span = { from: string; to: string; granularity: 'hour' | 'day' }

/** The chart of `points` over [from, to), whose steps begin at whole hours or days in UTC. */
export function chartOf(points: readonly Point[], { from, to, granularity }: Span): Chart {
  const layers = layersOf(points)
  const named = layers.filter(({ others }) => others === undefined)
  const place = new Map(named.map(({ label }, index) => [label, index]))
  const step_ms = STEP_MS[granularity]
  const steps = new Map<number, Step>()
  const none = () => layers.map(() => 0n)
  for (let at = Math.floor(Date.parse(from) / step_ms) * step_ms; at < Date.parse(to); at += step_ms) {
    steps.set(at, { start: new Date(at).toISOString(), values: none() })
  }
  for (const { start, group, value } of points) {
    const step = steps.get(Math.floor(Date.parse(start) / step_ms) * step_ms)
    const index = place.get(nameOf(group)) ?? layers.length - 1
    if (step) step.values[index] = (step.values[index] ?? 0n) + value
  }
  return { layers, steps: [...steps.values()], total: layers.reduce((sum, { total }) => sum + total, 0n) }
}

/** The names by their totals, the largest first. */
function layersOf(points: readonly Point[]): Layer[] {
  const totals = new Map<string, bigint>()
  for (const { group, value } of points) totals.set(nameOf(group), (totals.get(nameOf(group)) ?? 0n) + value)
  const ranked = [...totals]
    .map(([label, total]) => ({ label, total }))
    .sort((a, b) => compare(b.total, a.total))
  const rest = ranked.slice(MAX_LAYERS)
  if (rest.length === 0) return ranked
  const total = rest.reduce((sum, layer) => sum + layer.total, 0n)
  return [...ranked.slice(0, MAX_LAYERS), { label: `${rest.length} more`, total, others: rest.length }]
}

const ALL = 'All'

function nameOf(group: string | null): string {
  return group ?? ALL
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b)
}

/** The sum of a step. */
export function sumOfStep({ values }: Step): bigint {
  return values.reduce((sum, value) => sum + value, 0n)
}

/** The largest step; undefined if none has anything. */
export function peakOf({ steps }: Chart): Step | undefined {
  const peak = steps.reduce<Step | undefined>(
    (best, step) => (best && sumOfStep(best) >= sumOfStep(step) ? best : step),
    undefined,
  )
  return peak && sumOfStep(peak) > 0n ? peak : undefined
}
