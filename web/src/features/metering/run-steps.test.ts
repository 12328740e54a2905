import { describe, expect, it } from 'vitest'

import { eventOf } from '@/testing/runs'

import { axisTicks, stepsOf } from './run-steps'

const NOON = Date.parse('2026-11-22T12:00:00Z')

/** A call of `seconds` that ends so many seconds after noon. */
function call(endsAt: number, seconds: number | null, changes = {}) {
  const ts = new Date(NOON + endsAt * 1000).toISOString()
  return eventOf({ ts, latency_ms: seconds === null ? null : seconds * 1000, ...changes })
}

const after = (instant: number) => (instant - NOON) / 1000

describe('the steps of a run', () => {
  it('begin their latency before their event, and are sorted by their beginning', () => {
    const { steps, start, end } = stepsOf([call(10, 9), call(5, 2), call(2, 2)], '1')
    expect(steps.map((step) => [after(step.start), after(step.end)])).toEqual([
      [0, 2],
      [1, 10],
      [3, 5],
    ])
    expect([after(start), after(end)]).toEqual([0, 10])
  })

  it('may begin before the first event', () => {
    expect(after(stepsOf([call(0, 30)], '1').start)).toBe(-30)
  })

  it('of 10,000 events are as many', () => {
    const events = Array.from({ length: 10_000 }, (_, index) => call(index, 1))
    expect(stepsOf(events, '1').steps).toHaveLength(10_000)
  })
})

describe('waiting', () => {
  it.each([
    ['between two steps', [call(2, 2), call(10, 3)], [[2, 7]]],
    [
      'before the first and after the last',
      [call(0, null), call(5, 2), call(9, null)],
      [
        [0, 3],
        [5, 9],
      ],
    ],
    ['not while another step is at work', [call(10, 10), call(3, 2), call(12, 1)], [[10, 11]]],
    [
      'divided by what takes no time',
      [call(1, 1), call(2, null), call(8, null), call(10, 1)],
      [
        [1, 2],
        [2, 8],
        [8, 9],
      ],
    ],
    ['never where each step follows at once', [call(2, 2), call(4, 2)], []],
    ['not shown where no step takes time', [call(0, null), call(9, null)], []],
  ])('is %s', (_, events, waits) => {
    const found = stepsOf(events, '1')
    expect(found.waits.map(({ start, end }) => [after(start), after(end)])).toEqual(waits)
    expect(found.waited_ms).toBe(waits.reduce((sum, [from = 0, to = 0]) => sum + (to - from) * 1000, 0))
  })

  it('is not what overlaps', () => {
    expect(stepsOf([call(2, 2), call(4, 2)], '1').mostAtOnce).toBe(1)
    expect(stepsOf([call(4, 4), call(3, 2), call(6, 4), call(9, 1)], '1').mostAtOnce).toBe(3)
  })
})

describe('cost', () => {
  it('is a share of the run, and marks the step with the largest', () => {
    const events = [
      call(1, 1, { cost_usd: '0.02' }),
      call(2, 1, { cost_usd: '0.06' }),
      call(3, 1, { cost_usd: null }),
    ]
    const { steps, costliest } = stepsOf(events, '0.08')
    expect(steps.map(({ costPercent }) => costPercent)).toEqual([25, 75, null])
    expect(costliest).toBe(1)
  })

  it('marks nothing where nothing is known to cost', () => {
    expect(stepsOf([call(1, 1, { cost_usd: null }), call(2, 1, { cost_usd: '0.00' })], '0')).toMatchObject({
      costliest: undefined,
      steps: [{ costPercent: null }, { costPercent: null }],
    })
  })
})

it('says which steps failed', () => {
  const events = [call(1, 1), call(2, 1, { status: 'error' }), call(3, null, { status: 'failed' })]
  expect(stepsOf(events, '1').failed).toEqual([1, 2])
})

it.each([0, 1, 7, 950, 12_300, 61_000, 3_600_000, 86_400_000, 35 * 86_400_000])(
  'an axis of %d ms has few ticks, none beyond its end',
  (length_ms) => {
    const ticks = axisTicks(length_ms)
    expect(ticks[0]).toBe(0)
    expect(ticks.length).toBeLessThanOrEqual(7)
    expect(ticks.at(-1)).toBeLessThanOrEqual(length_ms)
    if (length_ms > 0) expect(ticks.length).toBeGreaterThan(1)
  },
)
