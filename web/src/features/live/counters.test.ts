// Counter documents: every name survives the escaping, and only the period's hours count.
import { describe, expect, it } from 'vitest'

import { addTotals, decodeCounter, decodeSeries, OTHER_KEY, seriesKey, sumOf, type Totals } from './counters'

const ALWAYS = { start_ms: -Infinity, end_ms: Infinity }

/** As the recorder escapes names: shared/adapters/firestore/encoding.py. */
function encoded(name: string): string {
  const hex = (letter: string) => `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  // eslint-disable-next-line no-control-regex -- control characters are among what the recorder escapes
  return name.replace(/[%./`\\|~*[\]\x00-\x1f\x7f]|^_/g, hex) || '%'
}

/** Always the same numbers below `bound`, so that a failure can be repeated. */
function numbers(seed: number) {
  let state = seed
  return (bound: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * bound)
  }
}

const LETTERS = [
  'a',
  'Z',
  '.',
  '/',
  '|',
  '%',
  '_',
  '`',
  '\\',
  '~',
  '*',
  '[',
  ']',
  '\n',
  '\x7f',
  'é',
  '🦊',
  ' ',
  '<',
  '4',
  'F',
]

describe('the names of a series', () => {
  it('survive the escaping, whatever they hold', () => {
    const below = numbers(4)
    const name = () => Array.from({ length: below(9) }, () => LETTERS[below(LETTERS.length)]).join('')
    for (let round = 0; round < 2_000; round += 1) {
      const [provider, model] = [name(), name()]
      expect(decodeSeries(`${encoded(provider)}|${encoded(model)}`)).toEqual([provider, model])
    }
  })

  it.each([
    ['openai|gpt-4%2E1-mini', ['openai', 'gpt-4.1-mini']],
    ['%|%5F_proto__', ['', '__proto__']],
    ['100%25|a%7Cb', ['100%', 'a|b']],
    ['other', ['other', 'other']],
  ])('are read from %s', (key, names) => expect(decodeSeries(key)).toEqual(names))

  it('make keys that no two share', () => expect(seriesKey('a|b', 'c')).not.toBe(seriesKey('a', 'b|c')))
})

describe('a counter document', () => {
  const hour = {
    'openai|gpt-4%2E1-mini': { calls: 2, total_tokens: 30, cost_nanousd: 9_007_199_254_740_991 },
  }

  it('is summed over its hours by series', () => {
    const rows = decodeCounter(
      '20261122.0',
      { hours: { '08': hour, '09': hour }, totals: { calls: 99 }, dirty: true },
      ALWAYS,
    )
    expect([...rows.values()]).toEqual([
      {
        provider: 'openai',
        model: 'gpt-4.1-mini',
        totals: new Map([
          ['calls', 4n],
          ['total_tokens', 60n],
          ['cost_nanousd', 18_014_398_509_481_982n],
        ]),
      },
    ])
  })

  it('counts the hours within the period alone: its start, and not its end', () => {
    const within = {
      start_ms: Date.parse('2026-11-22T10:00:00Z'),
      end_ms: Date.parse('2026-11-22T12:00:00Z'),
    }
    const hours = {
      '09': { other: { calls: 1 } },
      '10': { other: { calls: 10 } },
      '11': { other: { calls: 100 } },
      '12': { other: { calls: 1000 } },
    }
    expect(decodeCounter('20261122.3', { hours }, within).get(OTHER_KEY)?.totals.get('calls')).toBe(110n)
  })

  it.each([
    undefined,
    null,
    {},
    { hours: null },
    { hours: { '08': 7 } },
    { hours: { '08': { other: { calls: 'many' } } } },
  ])('counts nothing where it is %j', (document) =>
    expect(sumOf(decodeCounter('20261122.0', document, ALWAYS)).size).toBe(0),
  )

  it('adds up to the same, however it is cut into hours', () => {
    const below = numbers(7)
    for (let round = 0; round < 100; round += 1) {
      const hours: Record<string, Record<string, Record<string, number>>> = {}
      const expected: Totals = new Map()
      for (let cell = 0; cell < 30; cell += 1) {
        const metrics = { calls: 1 + below(1_000), cost_nanousd: 1 + below(2 ** 31) }
        const [at, name] = [String(below(24)).padStart(2, '0'), `p${below(3)}|m${below(3)}`]
        const series = (hours[at] ??= {})
        if (series[name]) continue
        series[name] = metrics
        addTotals(
          expected,
          new Map(Object.entries(metrics).map(([metric, amount]) => [metric, BigInt(amount)])),
        )
      }
      expect(sumOf(decodeCounter('20261122.0', { hours }, ALWAYS))).toEqual(expected)
    }
  })
})
