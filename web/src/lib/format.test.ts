import { describe, expect, it } from 'vitest'

import {
  decimalUsdOf,
  formatCompact,
  formatDay,
  formatDuration,
  formatInstant,
  formatInstantExact,
  formatInteger,
  formatPercent,
  formatRelative,
  formatTime,
  formatUsd,
  formatUsdExact,
  nanoUsdOf,
} from './format'

describe('counts', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_234_567, '1,234,567'],
    [9_007_199_254_740_993n, '9,007,199,254,740,993'],
  ])('separates the thousands of %s', (value, text) => expect(formatInteger(value)).toBe(text))

  it.each([
    [0, '0'],
    [999, '999'],
    [1_240, '1.24K'],
    [1_999_999, '1.99M'],
    [12_400_000_000n, '12.4B'],
  ])('shortens %s', (value, text) => expect(formatCompact(value)).toBe(text))
})

describe('money', () => {
  it.each([
    ['0', '$0.00'],
    ['0.000000000', '$0.00'],
    ['0.000000001', '$0.000000001'],
    ['0.009999999', '$0.009999999'],
    ['-0.001', '-$0.001'],
    ['0.01', '$0.01'],
    ['0.012345678', '$0.0123'],
    ['0.500000000', '$0.50'],
    ['0.99995', '$1.00'],
    ['12.345678900', '$12.35'],
    ['12.344999999', '$12.34'],
    ['-12.345', '-$12.35'],
    ['90071992547409.93', '$90,071,992,547,409.93'],
  ])('reads %s as %s', (decimal, text) => expect(formatUsd(decimal)).toBe(text))

  it.each([
    ['12.345678900', '$12.3456789'],
    ['0.000000001', '$0.000000001'],
    ['1234', '$1,234.00'],
    ['-0.5', '-$0.50'],
  ])('keeps every digit of %s', (decimal, text) => expect(formatUsdExact(decimal)).toBe(text))

  it.each(['', '1e3', '12,5', 'NaN', '.5', '$1'])('refuses "%s" and names it', (decimal) =>
    expect(() => nanoUsdOf(decimal)).toThrow(`not a decimal amount: "${decimal}"`),
  )

  it.each(['0.000000000', '0.000000001', '-12.345678900', '9223372036.854775807'])(
    'carries %s to nano-USD and back',
    (decimal) => expect(decimalUsdOf(nanoUsdOf(decimal))).toBe(decimal),
  )
})

describe('percentages', () => {
  it.each([
    [0, '0%'],
    [0.04, '< 0.1%'],
    [0.3, '0.3%'],
    [64.37, '64.3%'],
    [99.96, '99.9%'],
    [100, '100%'],
    [130, '130%'],
    [12_345.6, '12,345.6%'],
  ])('shows %s as %s', (percent, text) => expect(formatPercent(percent)).toBe(text))
})

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [12_340, '12.3 s'],
    [59_990, '59.9 s'],
    [4 * 60_000 + 12_000, '4 min 12 s'],
    [60_000, '1 min'],
    [2 * 3_600_000 + 5 * 60_000, '2 h 5 min'],
    [3 * 86_400_000 + 4 * 3_600_000, '3 d 4 h'],
  ])('reads %s ms as %s', (duration_ms, text) => expect(formatDuration(duration_ms)).toBe(text))
})

describe('instants', () => {
  it('names the day, the minute and the zone of the reader', () => {
    expect(formatInstant('2026-11-28T13:05:59Z', 'Europe/Berlin')).toBe('28 Nov 2026, 14:05 CET')
    expect(formatInstantExact('2026-11-28T13:05:59Z', 'UTC')).toBe('28 Nov 2026, 13:05:59 UTC')
  })

  it('names the day that it is in the zone', () => {
    expect(formatDay('2026-11-28T23:30:00Z', 'Europe/Berlin')).toBe('29 Nov 2026')
    expect(formatDay('2026-11-28', 'UTC')).toBe('28 Nov 2026')
    expect(formatTime('2026-11-28T00:00:00Z', 'UTC')).toBe('00:00')
  })

  it.each([
    ['2026-11-28T12:00:00Z', 'just now'],
    ['2026-11-28T11:59:01Z', 'just now'],
    ['2026-11-28T12:00:30Z', 'in under a minute'],
    ['2026-11-28T11:58:00Z', '2 minutes ago'],
    ['2026-11-28T09:00:01Z', '2 hours ago'],
    ['2026-11-27T12:00:00Z', 'yesterday'],
    ['2026-12-01T12:00:00Z', 'in 3 days'],
  ])('says how far %s is from noon', (instant, text) =>
    expect(formatRelative(instant, '2026-11-28T12:00:00Z')).toBe(text),
  )
})
