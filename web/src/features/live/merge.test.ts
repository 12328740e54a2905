// Live usage: what was heard is added to the answer once, never taken away, and by the API's own rules.
import { describe, expect, it } from 'vitest'

import type { Usage } from '@/lib/api/types'
import { amounts, usageOf } from '@/testing/usage'

import { addTo, type Rows } from './counters'
import { mergeLive, statusAfter } from './merge'

type Counted = [provider: string, model: string, metrics: Record<string, bigint>]

const COUNTED: Counted = [
  'openai',
  'gpt-4.1-mini',
  {
    calls: 10n,
    input_tokens: 8_000n,
    output_tokens: 2_000n,
    total_tokens: 10_000n,
    cost_nanousd: 1_000_000_001n,
  },
]

function rows(...counted: Counted[]): Rows {
  const result: Rows = new Map()
  for (const [provider, model, metrics] of counted)
    addTo(result, { provider, model, totals: new Map(Object.entries(metrics)) })
  return result
}

function after(read: Usage, ...counted: Counted[]): Usage {
  return mergeLive(read, new Map([['20261122.0', rows(...counted)]]))
}

const MORE: Counted = [
  'openai',
  'gpt-4.1-mini',
  { calls: 1n, input_tokens: 900n, output_tokens: 100n, total_tokens: 1_000n, errors: 1n, cost_nanousd: 7n },
]
const NEW_MODEL: Counted = [
  'mistral',
  '<b>large</b>',
  { calls: 2n, total_tokens: 500n, unpriced_calls: 2n, latency_ms: 40n },
]

describe('live usage', () => {
  it('is the answer itself while nothing is heard, and while what is heard is in it', () => {
    const read = usageOf()
    expect(mergeLive(read, new Map())).toBe(read)
    expect(after(read, COUNTED)).toBe(read)
  })

  it('is the answer itself for a period that is over', () => {
    const read = usageOf({ live: null })
    expect(after(read, COUNTED, MORE)).toBe(read)
  })

  it('never foresees less than is used already', () => {
    const read = usageOf()
    const { forecast } = after(read, COUNTED, MORE)
    expect(forecast?.tokens?.at_end).toBe((read.forecast?.tokens?.at_end ?? 0) + 1_000)
    expect(forecast?.tokens?.reached_at).toBe(read.forecast?.tokens?.reached_at)
    expect(forecast?.cost_usd_at_end).toBe('59.302325588')
  })

  it('adds what was counted since to every figure that counters can tell', () => {
    const { aggregate, daily, status } = after(usageOf(), COUNTED, MORE)
    expect(aggregate).toMatchObject({
      total_llm_calls: 351,
      total_errors: 3,
      total_cost_usd: '42.500000007',
      total_runs: 40,
    })
    expect(aggregate.total_tokens).toMatchObject({
      input: 240_900,
      output: 60_100,
      total: 301_000,
      cache_read: 40_000,
    })
    expect(aggregate.by_provider.openai).toEqual({ calls: 301, tokens: 251_000, cost_usd: '30.000000007' })
    expect(aggregate.by_model['gpt-4.1-mini']).toEqual({
      calls: 301,
      tokens: 251_000,
      cost_usd: '30.000000007',
    })
    expect(aggregate.series.map((row) => row.tokens.total)).toEqual([50_000, 251_000])
    expect(daily.at(-1)).toMatchObject({ date: '2026-11-22', calls: 11, errors: 1, cost_usd: '1.000000008' })
    expect(daily.at(-2)).toEqual(usageOf().daily.at(-2))
    expect(status).toMatchObject({
      tokens_used: 301_000,
      token_usage_percent: 60.2,
      tokens_remaining: 199_000,
      runs_used: 40,
    })
  })

  it('lists a series of which the answer did not know', () => {
    const { aggregate } = after(usageOf(), COUNTED, NEW_MODEL)
    expect(aggregate.series.at(-1)).toMatchObject({
      provider: 'mistral',
      model: '<b>large</b>',
      calls: 2,
      unpriced_calls: 2,
    })
    expect(aggregate.by_provider.mistral).toEqual({ calls: 2, tokens: 500, cost_usd: '0.000000000' })
    expect(aggregate.by_model['<b>large</b>']?.calls).toBe(2)
    expect(aggregate.unpriced_calls).toBe(2)
  })

  it('begins a day of which the answer did not know', () => {
    const read = usageOf({ daily: usageOf().daily.slice(0, 1) })
    expect(
      after({ ...read, live: read.live && { ...read.live, counted: [] } }, MORE).daily.map((row) => row.date),
    ).toEqual(['2026-11-21', '2026-11-22'])
  })

  it('never falls below the answer by a counter that is older', () => {
    const read = usageOf()
    const old: Counted = ['openai', 'gpt-4.1-mini', { calls: 9n, total_tokens: 9_000n }]
    expect(after(read, old)).toBe(read)
    expect(after(read)).toBe(read)
  })

  it('takes the shards of a day together', () => {
    const read = usageOf()
    const live = read.live && { ...read.live, counters: ['20261122.0', '20261122.1'] }
    const heard = new Map([
      ['20261122.0', rows(COUNTED)],
      ['20261122.1', rows(MORE)],
      ['20261122.2', rows(MORE)],
    ])
    expect(mergeLive({ ...read, live }, heard).aggregate.total_llm_calls).toBe(351)
  })

  it('counts a series without a row into "other", where the answer has merged some', () => {
    const read = usageOf()
    const other = { provider: 'other', model: 'other', ...amounts({ calls: 5, tokens: { total: 50 } }) }
    const merged = { ...read, aggregate: { ...read.aggregate, series: [...read.aggregate.series, other] } }
    const { aggregate } = after(merged, COUNTED, NEW_MODEL)
    expect(aggregate.series).toHaveLength(3)
    expect(aggregate.series.at(-1)).toMatchObject({ calls: 7, tokens: { total: 550 } })
    expect(aggregate.total_llm_calls).toBe(352)
  })

  it('takes from "other" what a merged series turns out to be, so that rows still add up to the total', () => {
    const read = usageOf()
    const other = { provider: 'other', model: 'other', ...amounts({ calls: 5 }) }
    const series = [...read.aggregate.series, other]
    // Sonnet's calls of today were merged, though it has a row from other days.
    const counted = [...(read.live?.counted ?? []), other]
    const daily = read.daily.map((row) => (row.date === '2026-11-22' ? { ...row, calls: 15 } : row))
    const merged = {
      ...read,
      daily,
      aggregate: { ...read.aggregate, series },
      live: read.live && { ...read.live, counted },
    }
    const { aggregate } = after(merged, COUNTED, ['anthropic', 'claude-sonnet-4-5', { calls: 7n }])
    expect(aggregate.series.map((row) => row.calls)).toEqual([57, 300, 0])
    expect(aggregate.total_llm_calls).toBe(352)
  })

  it('keeps names that mean something to JavaScript as plain names', () => {
    const { aggregate } = after(usageOf(), COUNTED, ['__proto__', 'constructor', { calls: 1n }])
    expect(Object.keys(aggregate.by_provider)).toContain('__proto__')
    expect(Object.entries(aggregate.by_model).find(([name]) => name === 'constructor')?.[1].calls).toBe(1)
  })

  it('stays quick with 10,000 series', () => {
    const many = rows(
      COUNTED,
      ...Array.from({ length: 10_000 }, (_, index): Counted => [
        'p',
        `m${index}`,
        { calls: 1n, total_tokens: 3n },
      ]),
    )
    const began_ms = performance.now()
    const { aggregate } = mergeLive(usageOf(), new Map([['20261122.0', many]]))
    expect(aggregate.series).toHaveLength(10_002)
    expect(performance.now() - began_ms).toBeLessThan(1_000)
  })
})

describe('the status after more tokens', () => {
  const { status, limits } = usageOf()
  const used = (tokens: number, changes = {}) =>
    status && limits && statusAfter(status, { ...limits, ...changes }, tokens)

  it.each([
    [99_999, false, false, 79.99],
    [100_000, true, false, 80],
    [199_999, true, false, 99.99],
    [200_000, true, true, 100],
    [350_000, true, true, 130],
  ])('of %i: warns %s, blocks %s, at %d%%', (tokens, soft, hard, percent) =>
    expect(used(tokens)).toMatchObject({
      soft_limit_reached: soft,
      hard_limit_reached: hard,
      token_usage_percent: percent,
    }),
  )

  it('never leaves less than nothing', () => expect(used(350_000)?.tokens_remaining).toBe(0))

  it('rounds the cap that warns up, and the one that blocks down', () => {
    expect(used(0, { tokens: 374_999 })?.soft_limit_reached).toBe(true)
    expect(used(0, { tokens: 375_001 })?.soft_limit_reached).toBe(false)
    expect(used(0, { tokens: 299_999, hard_percent: 101 })?.hard_limit_reached).toBe(false)
  })

  it('takes a limit of nothing as used up', () => {
    expect(used(1, { tokens: 0 })).toMatchObject({ token_usage_percent: 100, hard_limit_reached: true })
  })

  it('warns of runs alone, too', () => expect(used(0, { runs: 50 })?.soft_limit_reached).toBe(true))
})
