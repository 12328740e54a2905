import { describe, expect, it } from 'vitest'

import type { Sum } from '@/lib/cost'
import { amounts } from '@/testing/usage'

import { pointsOfDays } from './chart-request'
import { chartOf, MAX_LAYERS, peakOf, sumOfStep, type Point } from './chart-rows'

const THREE_DAYS = ['2026-11-20', '2026-11-21', '2026-11-22']

/** The points in the order of their steps, with one for each of three days. */
function within(points: Point[]): Point[] {
  return THREE_DAYS.flatMap((label) => [
    { label, group: null, sum: known(0n) },
    ...points.filter((point) => point.label === label),
  ])
}

const known = (value: bigint): Sum => ({ value, status: 'complete' })
const UNKNOWN: Sum = { value: 0n, status: 'unknown' }
const valueOfStep = (step: Parameters<typeof sumOfStep>[0]) => sumOfStep(step).value

describe('a chart', () => {
  it('has the steps of its points in their order, also those without usage', () => {
    const chart = chartOf(within([{ label: '2026-11-21', group: null, sum: known(5n) }]))
    expect(chart.steps.map((step) => [step.label, valueOfStep(step)])).toEqual([
      ['2026-11-20', 0n],
      ['2026-11-21', 5n],
      ['2026-11-22', 0n],
    ])
    expect(chart.layers).toEqual([{ label: 'All', total: known(5n) }])
  })

  it('has the days of UTC that are at hand, and zero for those without usage', () => {
    const daily = [{ date: '2026-11-21', ...amounts({ calls: 5 }) }]
    const span = { daily, from: '2026-11-20T10:00:00Z', to: '2026-11-22T10:00:00Z' }
    expect(pointsOfDays(span, 'calls').map(({ label, sum }) => [label, sum.value])).toEqual([
      ['2026-11-20', 0n],
      ['2026-11-21', 5n],
      ['2026-11-22', 0n],
    ])
  })

  it('draws the seven largest names, and the rest as one more', () => {
    const points = Array.from({ length: 10_000 }, (_, index): Point => ({
      label: '2026-11-21',
      group: `m${index}`,
      sum: known(BigInt(index + 1)),
    }))
    const chart = chartOf(within(points))
    expect(chart.layers).toHaveLength(MAX_LAYERS + 1)
    expect(chart.layers[0]).toEqual({ label: 'm9999', total: known(10_000n) })
    expect(chart.layers.at(-1)).toMatchObject({ label: '9993 more', others: 9_993 })
    expect(chart.steps.reduce((sum, step) => sum + valueOfStep(step), 0n)).toBe(50_005_000n)
    expect(chart.total).toEqual(known(50_005_000n))
  })

  it('keeps a name apart that reads like the rest, or like nothing', () => {
    const names = ['1 more', '', '__proto__', 'a', 'b', 'c', 'd', 'e']
    const points = names.map((group, index): Point => ({
      label: '2026-11-21',
      group,
      sum: known(BigInt(20 - index)),
    }))
    const { steps } = chartOf(within(points))
    expect(steps[1]?.sums.map(({ value }) => value)).toEqual([20n, 19n, 18n, 17n, 16n, 15n, 14n, 13n])
  })

  it('knows its largest step, and that there is none where nothing was used', () => {
    const points = [
      { label: '2026-11-20', group: 'a', sum: known(3n) },
      { label: '2026-11-22', group: 'b', sum: known(4n) },
    ]
    expect(peakOf(chartOf(within(points)))?.label).toBe('2026-11-22')
    expect(peakOf(chartOf(within([])))).toBeUndefined()
  })

  it('knows which of its sums leave something out', () => {
    const points = [
      { label: '2026-11-20', group: 'a', sum: known(3n) },
      { label: '2026-11-21', group: 'a', sum: known(4n) },
      { label: '2026-11-21', group: 'b', sum: UNKNOWN },
      { label: '2026-11-22', group: 'b', sum: UNKNOWN },
    ]
    const chart = chartOf(within(points))
    expect(chart.steps.map((step) => sumOfStep(step).status)).toEqual(['complete', 'incomplete', 'unknown'])
    expect(chart.layers.map(({ label, total }) => [label, total.status])).toEqual([
      ['a', 'complete'],
      ['b', 'unknown'],
    ])
    expect(chart.total).toEqual({ value: 3n + 4n, status: 'incomplete' })
  })

  it('does not draw a name that has none of the metric', () => {
    const points = [
      { label: '2026-11-20', group: 'gpt', sum: known(3n) },
      { label: '2026-11-20', group: 'web_search', sum: known(0n) },
    ]
    const { layers, steps } = chartOf(within(points))
    expect(layers.map(({ label }) => label)).toEqual(['gpt'])
    expect(steps[0]?.sums).toEqual([known(3n)])
  })
})
