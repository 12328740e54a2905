import { describe, expect, it } from 'vitest'

import { comparisonOf } from '@/testing/comparisons'
import { usageOf } from '@/testing/usage'

import { daysBefore } from './days-before'
import { runningOf, topOf } from './running-rows'

const DOLLAR = 1_000_000_000n
const usage = usageOf()
const { limits, forecast } = usage
const foreseen = usageOf({
  forecast: forecast && {
    ...forecast,
    tokens: { at_end: 9_000, soft_reached_at: null, reached_at: null },
    cost_usd_at_end: '9.000000000',
    cost_status: 'complete',
  },
  limits: limits && { ...limits, soft_tokens: 12_000, hard_tokens: 99_000 },
})

describe('a running total', () => {
  it('ends today, beside as many days of the period before', () => {
    const { days } = runningOf(comparisonOf(), usage, 'cost')
    expect(days.map(({ label, sum, before }) => [label, sum?.value, before?.value])).toEqual([
      ['2026-11-20', 2n * DOLLAR, 1n * DOLLAR],
      ['2026-11-21', 5n * DOLLAR, 4n * DOLLAR],
      ['2026-11-22', undefined, 4n * DOLLAR],
    ])
  })

  it('leads from today to the forecast on the last day of the period', () => {
    const { days } = runningOf(comparisonOf(), foreseen, 'tokens')
    expect(days.map(({ forecast: point }) => point?.value)).toEqual([undefined, 5_000n, 9_000n])
  })

  it('has the limits of its metric, and leaves room for those that are near', () => {
    const tokens = runningOf(comparisonOf(), foreseen, 'tokens')
    expect(tokens.lines).toEqual([
      { label: 'Alert', value: 12_000n },
      { label: 'Limit', value: 99_000n },
    ])
    expect(topOf(tokens)).toBe(12_000n)
    expect(runningOf(comparisonOf(), foreseen, 'calls').lines).toEqual([])
    expect(runningOf(comparisonOf(), usageOf({ status: null, limits: null }), 'tokens').lines).toEqual([])
  })
})

it('a day stands beside the day of the same number, also where that had nothing', () => {
  const before = daysBefore(comparisonOf(), 'calls')
  expect([...before].map(([label, day]) => [label, day.label, day.sum.value])).toEqual([
    ['2026-11-20', '2026-11-16', 10n],
    ['2026-11-21', '2026-11-17', 30n],
    ['2026-11-22', '2026-11-18', 0n],
  ])
})
