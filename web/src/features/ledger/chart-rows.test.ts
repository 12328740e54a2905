import { describe, expect, it } from 'vitest'

import type { Sum } from '@/lib/cost'

import { chartOf, MAX_LAYERS, peakOf, sumOfStep, type Point } from './chart-rows'

const THREE_DAYS = { from: '2026-11-20T00:00:00Z', to: '2026-11-23T00:00:00Z', granularity: 'day' } as const

const known = (value: bigint): Sum => ({ value, status: 'complete' })
const UNKNOWN: Sum = { value: 0n, status: 'unknown' }
const valueOfStep = (step: Parameters<typeof sumOfStep>[0]) => sumOfStep(step).value

describe('a chart', () => {
  it('has a step for every day, also for those without usage', () => {
    const chart = chartOf([{ start: '2026-11-21T00:00:00Z', group: null, sum: known(5n) }], THREE_DAYS)
    expect(chart.steps.map((step) => [step.start.slice(0, 10), valueOfStep(step)])).toEqual([
      ['2026-11-20', 0n],
      ['2026-11-21', 5n],
      ['2026-11-22', 0n],
    ])
    expect(chart.layers).toEqual([{ label: 'All', total: known(5n) }])
  })

  it('begins on the hour, where a period does', () => {
    const span = { from: '2026-11-20T10:00:00Z', to: '2026-11-20T13:00:00Z', granularity: 'hour' } as const
    expect(chartOf([], span).steps.map((step) => step.start.slice(11, 16))).toEqual([
      '10:00',
      '11:00',
      '12:00',
    ])
  })

  it('shows a period that begins within a day from that day on', () => {
    const chart = chartOf([{ start: '2026-11-20T00:00:00Z', group: null, sum: known(1n) }], {
      ...THREE_DAYS,
      from: '2026-11-20T10:00:00Z',
    })
    expect(chart.steps.map(valueOfStep)).toEqual([1n, 0n, 0n])
  })

  it('draws the seven largest names, and the rest as one more', () => {
    const points = Array.from({ length: 10_000 }, (_, index): Point => ({
      start: '2026-11-21T00:00:00Z',
      group: `m${index}`,
      sum: known(BigInt(index + 1)),
    }))
    const chart = chartOf(points, THREE_DAYS)
    expect(chart.layers).toHaveLength(MAX_LAYERS + 1)
    expect(chart.layers[0]).toEqual({ label: 'm9999', total: known(10_000n) })
    expect(chart.layers.at(-1)).toMatchObject({ label: '9993 more', others: 9_993 })
    expect(chart.steps.reduce((sum, step) => sum + valueOfStep(step), 0n)).toBe(50_005_000n)
    expect(chart.total).toEqual(known(50_005_000n))
  })

  it('keeps a name apart that reads like the rest, or like nothing', () => {
    const names = ['1 more', '', '__proto__', 'a', 'b', 'c', 'd', 'e']
    const points = names.map((group, index): Point => ({
      start: '2026-11-21T00:00:00Z',
      group,
      sum: known(BigInt(20 - index)),
    }))
    const { steps } = chartOf(points, THREE_DAYS)
    expect(steps[1]?.sums.map(({ value }) => value)).toEqual([20n, 19n, 18n, 17n, 16n, 15n, 14n, 13n])
  })

  it('knows its largest step, and that there is none where nothing was used', () => {
    const points = [
      { start: '2026-11-20T00:00:00Z', group: 'a', sum: known(3n) },
      { start: '2026-11-22T00:00:00Z', group: 'b', sum: known(4n) },
    ]
    expect(peakOf(chartOf(points, THREE_DAYS))?.start.slice(0, 10)).toBe('2026-11-22')
    expect(peakOf(chartOf([], THREE_DAYS))).toBeUndefined()
  })

  it('knows which of its sums leave something out', () => {
    const points = [
      { start: '2026-11-20T00:00:00Z', group: 'a', sum: known(3n) },
      { start: '2026-11-21T00:00:00Z', group: 'a', sum: known(4n) },
      { start: '2026-11-21T00:00:00Z', group: 'b', sum: UNKNOWN },
      { start: '2026-11-22T00:00:00Z', group: 'b', sum: UNKNOWN },
    ]
    const chart = chartOf(points, THREE_DAYS)
    expect(chart.steps.map((step) => sumOfStep(step).status)).toEqual(['complete', 'incomplete', 'unknown'])
    expect(chart.layers.map(({ label, total }) => [label, total.status])).toEqual([
      ['a', 'complete'],
      ['b', 'unknown'],
    ])
    expect(chart.total).toEqual({ value: 3n + 4n, status: 'incomplete' })
  })

  it('does not draw a name that has none of the metric', () => {
    const points = [
      { start: '2026-11-20T00:00:00Z', group: 'gpt', sum: known(3n) },
      { start: '2026-11-20T00:00:00Z', group: 'web_search', sum: known(0n) },
    ]
    const { layers, steps } = chartOf(points, THREE_DAYS)
    expect(layers.map(({ label }) => label)).toEqual(['gpt'])
    expect(steps[0]?.sums).toEqual([known(3n)])
  })
})
