import { describe, expect, it } from 'vitest'

import { formatTicks, ticksOf } from './chart-ticks'
import type { Metric } from './metric'

const NANO = 1_000_000_000n
const inWords = (top: bigint, metric: Metric) => formatTicks(ticksOf(top), metric)

describe('the marks of the axis', () => {
  it.each<[bigint, Metric, string[]]>([
    [0n, 'calls', ['0', '1']],
    [3n, 'calls', ['0', '1', '2', '3']],
    [7n, 'calls', ['0', '2', '4', '6', '8']],
    [1_200n, 'tokens', ['0', '0.5K', '1.0K', '1.5K']],
    [5_000n, 'tokens', ['0', '1K', '2K', '3K', '4K', '5K']],
    [999_999n, 'tokens', ['0', '0.2M', '0.4M', '0.6M', '0.8M', '1.0M']],
    [23_000_000n, 'tokens', ['0', '5M', '10M', '15M', '20M', '25M']],
    [(NANO * 2n) / 10n, 'cost', ['$0.00', '$0.05', '$0.10', '$0.15', '$0.20']],
    [NANO / 250n, 'cost', ['$0.000', '$0.001', '$0.002', '$0.003', '$0.004']],
    [NANO * 2n, 'cost', ['$0.00', '$0.50', '$1.00', '$1.50', '$2.00']],
    [NANO * 41n, 'cost', ['$0', '$10', '$20', '$30', '$40', '$50']],
    [NANO * 4_000n, 'cost', ['$0', '$1,000', '$2,000', '$3,000', '$4,000']],
    [NANO * 12_000n, 'cost', ['$0', '$5K', '$10K', '$15K']],
    [3n, 'cost', ['$0.000000000', '$0.000000001', '$0.000000002', '$0.000000003']],
  ])('up to %s of %s', (top, metric, words) => expect(inWords(top, metric)).toEqual(words))

  it('reach the top in at most five equal steps of 1, 2 or 5', () => {
    for (let top = 1n; top < 10n ** 18n; top = (top * 13n) / 10n + 1n) {
      const ticks = ticksOf(top)
      const [zero, step = 0n] = ticks
      expect(zero).toBe(0n)
      expect(step.toString()).toMatch(/^[125]0*$/)
      expect(ticks.length - 1).toBeLessThanOrEqual(5)
      expect(ticks.at(-1)).toBe(BigInt(ticks.length - 1) * step)
      expect((ticks.at(-1) ?? 0n) >= top && (ticks.at(-2) ?? 0n) < top).toBe(true)
    }
  })
})
