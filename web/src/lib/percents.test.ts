import { expect, it } from 'vitest'

import { percentsIn } from './percents'

it.each([
  ['50, 80, 100', [50, 80, 100]],
  ['50% 80%;100%,', [50, 80, 100]],
  ['7', [7]],
])('reads "%s" as percentages', (text, percents) => expect(percentsIn(text)).toEqual(percents))

it.each(['', ' , ', '80, half', '80.5', '-80', '80%%'])('finds no percentages in "%s"', (text) =>
  expect(percentsIn(text)).toBeNull(),
)
