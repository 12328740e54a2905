import { expect, test } from 'vitest'

import { boundedUsd, marginBound, marginMeaning, missingFrom, monthName } from './margin'

const NONE = { unpriced_calls: 0, incomplete_calls: 0, other_currency_invoices: 0 }

test('a cost that leaves calls out makes the margin smaller, an invoice in another currency makes it larger', () => {
  expect(marginBound(NONE)).toBe('exact')
  expect(marginBound({ ...NONE, unpriced_calls: 1 })).toBe('at most')
  expect(marginBound({ ...NONE, incomplete_calls: 1 })).toBe('at most')
  expect(marginBound({ ...NONE, other_currency_invoices: 1 })).toBe('at least')
  expect(marginBound({ ...NONE, unpriced_calls: 1, other_currency_invoices: 1 })).toBe('about')
})

test.each([
  ['at least', '9.999', '$9.99'],
  ['at most', '9.991', '$10.00'],
  ['at most', '-9.999', '-$9.99'],
  ['at most', '10.00', '$10.00'],
  ['exact', '9.999', '$10.00'],
] as const)('an amount of %s %s is shown as %s', (bound, usd, shown) => {
  expect(boundedUsd(usd, bound)).toBe(shown)
})

test('says what is left out, and nothing if nothing is', () => {
  expect(missingFrom(NONE)).toBeNull()
  expect(missingFrom({ ...NONE, unpriced_calls: 1 })).toMatch(
    /^Leaves out the provider cost of 1.unpriced call\.$/,
  )
  expect(missingFrom({ ...NONE, incomplete_calls: 2, other_currency_invoices: 1 })).toMatch(
    /^Leaves out the provider cost of 2.incomplete calls and 1 invoice in other currencies\.$/,
  )
})

test('a margin is a share of the revenue, as far as both are known', () => {
  expect(marginMeaning({ ...NONE, revenue_usd: '0.00', margin_usd: '-5.00' })).toBe(
    'Revenue minus provider cost.',
  )
  const earned = { revenue_usd: '200.00', margin_usd: '50.00' }
  expect(marginMeaning({ ...NONE, ...earned })).toBe('25% of revenue.')
  expect(marginMeaning({ ...NONE, ...earned, unpriced_calls: 1 })).toBe('At most 25% of revenue.')
})

test('a month is named', () => {
  expect(monthName('2026-11')).toBe('November 2026')
})
