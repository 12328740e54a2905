import { describe, expect, it } from 'vitest'

import { formatMinorUnits } from './money'

describe('an amount in minor units', () => {
  it.each([
    [2900, 'usd', '$29.00'],
    [0, 'usd', '$0.00'],
    [5, 'usd', '$0.05'],
    [-1250, 'usd', '-$12.50'],
    [499_000, 'USD', '$4,990.00'],
    [1999, 'eur', '€19.99'],
    [2900, 'jpy', '¥2,900'],
    [0, 'krw', '₩0'],
    [-100, 'jpy', '-¥100'],
    [90_071_992_547_409, 'usd', '$900,719,925,474.09'],
  ])('reads %s %s as %s', (amount, currency, text) => expect(formatMinorUnits(amount, currency)).toBe(text))

  it('has three digits where a currency has them', () =>
    expect(formatMinorUnits(5120, 'kwd').replace(/\s/, ' ')).toBe('KWD 5.120'))

  it('has none where Stripe counts whole units though others count hundredths', () =>
    expect(formatMinorUnits(500, 'mga').replace(/\s/, ' ')).toBe('MGA 500'))

  it('has two where Stripe still sends hundredths of a currency without them', () =>
    expect(formatMinorUnits(500, 'isk').replace(/\s/, ' ')).toBe('ISK 5.00'))

  it('keeps the amount beside a currency that nobody knows', () =>
    expect(formatMinorUnits(1234, 'points')).toBe('12.34 points'))

  it('refuses fractions of a minor unit', () =>
    expect(() => formatMinorUnits(1.5, 'usd')).toThrow(RangeError))
})
