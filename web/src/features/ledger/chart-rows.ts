// Chart steps, for the seven largest names and one layer for the rest.
import { isNothing, NOTHING, sumOf, type Sum } from '@/lib/cost'

/** A sum of a step; the label is the step's name in the time zone of the tenant, as the API writes it. */
export type Point = {
  label: string
  /** The first instant of the step. */
  start?: string
  group: string | null
  /** The name of the group in the API, where the group is shown by a label. */
  name?: string
  sum: Sum
}

/** A name that is drawn; `others` is how many names were put together. One of the API has its `name`. */
export type Layer = { label: string; total: Sum; name?: string; others?: number }

/** The sums of a step, one for each layer in their order. */
export type Step = { label: string; start?: string; sums: Sum[] }

export type Chart = { layers: Layer[]; steps: Step[]; total: Sum }

export const MAX_LAYERS = 7

/** The colour of a layer by its rank; the eighth is for the rest. */
export const layerColour = (index: number) => `var(--chart-${Math.min(index, MAX_LAYERS) + 1})`

/** The chart of `points`, which are in order and have every step. */
export function chartOf(points: readonly Point[]): Chart {
  const layers = layersOf(points)
  const place = new Map(layers.filter(isOne).map(({ label }, index) => [label, index]))
  const steps = new Map<string, Step>()
  for (const { label, start, group, sum } of points) {
    const step = steps.get(label) ?? {
      label,
      ...(start === undefined ? {} : { start }),
      sums: layers.map(() => NOTHING),
    }
    steps.set(label, step)
    if (isNothing(sum)) continue
    const index = place.get(nameOf(group)) ?? layers.length - 1
    step.sums[index] = sumOf([step.sums[index] ?? NOTHING, sum])
  }
  return { layers, steps: [...steps.values()], total: sumOf(layers.map(({ total }) => total)) }
}

/** The names by their totals, the largest first. What has none of the metric, as a tool has no tokens, is not drawn. */
function layersOf(points: readonly Point[]): Layer[] {
  const totals = new Map<string, Sum>()
  const names = new Map<string, Set<string>>()
  for (const { group, name, sum } of points) {
    if (isNothing(sum)) continue
    const label = nameOf(group)
    totals.set(label, sumOf([totals.get(label) ?? NOTHING, sum]))
    if (name !== undefined) names.set(label, (names.get(label) ?? new Set()).add(name))
  }
  const ranked = [...totals]
    .map(([label, total]) => ({ label, total, ...onlyNameOf(names.get(label)) }))
    .sort((a, b) => compare(b.total.value, a.total.value))
  const rest = ranked.slice(MAX_LAYERS)
  if (rest.length === 0) return ranked
  const total = sumOf(rest.map((layer) => layer.total))
  return [...ranked.slice(0, MAX_LAYERS), { label: `${rest.length} more`, total, others: rest.length }]
}

/** Two API keys may have one label; their layer is neither of them. */
function onlyNameOf(names: ReadonlySet<string> = new Set()): { name?: string } {
  const [name, other] = names
  return name === undefined || other !== undefined ? {} : { name }
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
