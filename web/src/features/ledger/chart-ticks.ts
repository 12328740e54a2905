// The marks of the chart's axis: whole steps of 1, 2 or 5, with as many decimals as the step has.
import type { Metric } from './metric'

const MOST_STEPS = 5n
const NANO = 1_000_000_000n
const UNITS = [
  [1_000_000_000_000n, 'T'],
  [1_000_000_000n, 'B'],
  [1_000_000n, 'M'],
  [1_000n, 'K'],
] as const
/** From here on, dollars are shortened as counts are. */
const SHORTENED_USD = 10_000n

/** 0, and the multiples of 1, 2 or 5 times a power of ten, up to the first that is not below `top`. */
export function ticksOf(top: bigint): bigint[] {
  const step = stepOf(top)
  const count = (top + step - 1n) / step
  return Array.from({ length: Number(count > 0n ? count : 1n) + 1 }, (_, index) => BigInt(index) * step)
}

function stepOf(top: bigint): bigint {
  for (let power = 1n; ; power *= 10n) {
    for (const factor of [1n, 2n, 5n]) if (top <= factor * power * MOST_STEPS) return factor * power
  }
}

/** The marks in words, all with the same decimals: "$0.00", "$0.05", "$0.10", or "0", "0.5M", "1.0M". */
export function formatTicks(ticks: readonly bigint[], metric: Metric): string[] {
  const [zero = 0n, step = 1n] = ticks
  const top = ticks.at(-1) ?? zero
  const isCost = metric === 'cost'
  const one = isCost ? NANO : 1n
  const [size, unit] =
    isCost && top < SHORTENED_USD * NANO ? [1n, ''] : (UNITS.find(([each]) => top >= each * one) ?? [1n, ''])
  const decimals = decimalsOf(step, size * one)
  // Cents are written in full.
  const shown = isCost && unit === '' && decimals > 0 ? Math.max(decimals, 2) : decimals
  return ticks.map((tick) => {
    const isBare = tick === 0n && (unit !== '' || !isCost)
    const text = isBare ? '0' : `${fixed(tick, size * one, shown)}${unit}`
    return isCost ? `$${text}` : text
  })
}

/** How many decimals a step has, counted in units of `size`, which is a power of ten. */
function decimalsOf(step: bigint, size: bigint): number {
  let decimals = 0
  for (let shifted = step; shifted % size !== 0n; shifted *= 10n) decimals += 1
  return decimals
}

function fixed(value: bigint, size: bigint, decimals: number): string {
  const whole = (value / size).toLocaleString('en-US')
  if (decimals === 0) return whole
  const fraction = ((value % size) * 10n ** BigInt(decimals)) / size
  return `${whole}.${fraction.toString().padStart(decimals, '0')}`
}

/** The axis up to `top`, in the properties of the chart's library. */
export function axisOf(top: bigint, metric: Metric) {
  const ticks = ticksOf(top)
  const marks = formatTicks(ticks, metric)
  return {
    ticks: ticks.map(Number),
    domain: [0, Number(ticks.at(-1))] as [number, number],
    interval: 0,
    tickFormatter: (value: number) => marks[ticks.findIndex((tick) => Number(tick) === value)] ?? '',
  }
}
