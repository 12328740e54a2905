import { expect, it } from 'vitest'

import { percentsIn, shareOf } from './percents'

it.each([
  ['50, 80, 100', [50, 80, 100]],
  ['50% 80%;100%,', [50, 80, 100]],
  ['7', [7]],
])('reads "%s" as percentages', (text, percents) => expect(percentsIn(text)).toEqual(percents))

it.each(['', ' , ', '80, half', '80.5', '-80', '80%%'])('finds no percentages in "%s"', (text) =>
  expect(percentsIn(text)).toBeNull(),
)

it('gives the share of a whole, and none of nothing', () => {
  expect(shareOf(1, 3)).toBe(33.33)
  expect(shareOf(2_500_000_000n, 10_000_000_000n)).toBe(25)
  expect(shareOf(5, 0)).toBe(0)
})
