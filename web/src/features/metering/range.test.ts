import { describe, expect, it } from 'vitest'

import { choiceOf, problemsOf, rangeOf } from './range'

const TODAY = '2026-11-22'

describe('the address', () => {
  it.each([
    ['', 'current'],
    ['period=previous', 'previous'],
    ['period=everything', 'current'],
    ['from=2026-11-01&to=2026-11-20', 'custom'],
    ['from=2026-11-01', 'current'],
    ['from=2026-11-20&to=2026-11-01', 'current'],
    ['from=<b>&to=2026-13-99', 'current'],
  ])('"%s" shows the %s range', (search, choice) =>
    expect(choiceOf(new URLSearchParams(search), 'UTC').choice).toBe(choice),
  )

  it('includes the last day whole, also where a month ends', () =>
    expect(rangeOf({ from: '2026-11-01', to: '2026-11-30' }, 'Europe/Berlin')).toEqual({
      from: '2026-11-01',
      to: '2026-12-01',
      tz: 'Europe/Berlin',
    }))
})

describe('dates that a person chooses', () => {
  it.each([
    ['2026-11-01', '2026-11-22', {}],
    ['2026-11-22', '2026-11-22', {}],
    ['2026-08-23', '2026-11-22', {}],
    ['2026-08-22', '2026-11-22', { to: 'Choose at most 92 days. This range has 93.' }],
    ['', '2026-11-22', { from: 'Choose a start date.' }],
    ['2026-11-01', '', { to: 'Choose an end date.' }],
    ['2026-11-20', '2026-11-19', { to: 'The end date is before the start date.' }],
    ['2026-11-23', '2026-11-23', { from: 'The start date is in the future.' }],
    ['2026-11-01', '2026-11-23', { to: 'The end date is in the future.' }],
  ])('from %s to %s: %j', (from, to, problems) => expect(problemsOf({ from, to }, TODAY)).toEqual(problems))
})
