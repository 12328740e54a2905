import { describe, expect, it } from 'vitest'

import { costInWords, costOf, exactCostInWords, leftOutOf, sumOf, type SumCostStatus } from './cost'

const cost = (cost_usd: string, cost_status: SumCostStatus) => costOf({ cost_usd, cost_status })

describe('a cost in words', () => {
  it.each<[string, SumCostStatus, string]>([
    ['1.239999999', 'complete', '$1.24'],
    ['0.00', 'complete', '$0.00'],
    ['1.239999999', 'incomplete', 'at least $1.23'],
    ['0.012399999', 'incomplete', 'at least $0.0123'],
    ['0.000012345', 'incomplete', 'at least $0.000012345'],
    ['0.00', 'unknown', 'unknown'],
  ])('reads %s that is %s as "%s"', (usd, status, words) =>
    expect(costInWords(cost(usd, status))).toBe(words),
  )

  it('has every digit in a title', () =>
    expect(exactCostInWords(cost('1.239999999', 'incomplete'))).toBe('at least $1.239999999'))
})

describe('a sum of costs', () => {
  const known = cost('1.00', 'complete')
  const nothing = cost('0.00', 'complete')
  const unknown = cost('0.00', 'unknown')

  it.each([
    [[], 0n, 'complete'],
    [[known, nothing], 1_000_000_000n, 'complete'],
    [[known, unknown], 1_000_000_000n, 'incomplete'],
    [[cost('1.00', 'incomplete'), known], 2_000_000_000n, 'incomplete'],
    [[nothing, unknown], 0n, 'unknown'],
  ])('is only complete if every part is %#', (parts, value, status) =>
    expect(sumOf(parts)).toEqual({ value, status }),
  )
})

it.each([
  [12, 3, '12 unpriced, 3 incomplete calls'],
  [1, 0, '1 unpriced call'],
  [1_200, 0, '1,200 unpriced calls'],
  [0, 2, '2 incomplete calls'],
  [2, 1, '2 unpriced, 1 incomplete call'],
])('names %i unpriced and %i incomplete calls', (unpriced_calls, incomplete_calls, text) =>
  expect(leftOutOf({ unpriced_calls, incomplete_calls }).replaceAll('\u00a0', ' ')).toBe(text),
)
