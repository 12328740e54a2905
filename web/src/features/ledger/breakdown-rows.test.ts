import { expect, it } from 'vitest'

import type { SeriesRow } from '@/lib/api/types'
import { amounts } from '@/testing/usage'

import { linesByModel, linesByProvider } from './breakdown-rows'

const row = (provider: string, model: string, cost_usd: string, calls = 1): SeriesRow => ({
  provider,
  model,
  category: 'llm',
  ...amounts({ calls, errors: 1, cost_usd, tokens: { input: 10, output: 2, total: 12 } }),
})
const SERIES = [
  row('openai', 'a', '0.000000001', 2),
  row('azure', 'a', '1.000000000'),
  row('openai', 'b', '9007199.254740993', 3),
]

it('keeps a line for each model at each provider', () => {
  expect(linesByModel(SERIES).map(({ provider, model, calls }) => [provider, model, calls])).toEqual([
    ['openai', 'a', 2],
    ['azure', 'a', 1],
    ['openai', 'b', 3],
  ])
})

it('puts the models of a provider together, to the last nano-dollar', () => {
  const [openai, azure] = linesByProvider(SERIES)
  expect(openai).toMatchObject({
    provider: 'openai',
    model: null,
    calls: 2 + 3,
    errors: 2,
    inputTokens: 2 * 10,
    outputTokens: 2 * 2,
    totalTokens: 2 * 12,
    cost: { value: 9_007_199_254_740_994n, status: 'complete' },
    costPercent: 99.9,
  })
  expect(azure).toMatchObject({ provider: 'azure', calls: 1, costPercent: 0 })
})

it('keeps the merged "other" apart from a model of that name', () => {
  const keys = linesByModel([row('other', 'other', '0'), row('other', 'other', '0')]).map(({ key }) => key)
  expect(new Set(keys).size).toBe(2)
})

it('has no line for a tool, whose cost is part of the whole', () => {
  const tool: SeriesRow = { ...row('internal', 'web_search', '1.00', 0), category: 'tool' }
  for (const linesOf of [linesByModel, linesByProvider]) {
    const lines = linesOf([row('openai', 'a', '3.00'), tool])
    expect(lines).toMatchObject([{ provider: 'openai', costPercent: 75 }])
  }
})

it('says that a provider leaves something out if one of its models does', () => {
  const unpriced: SeriesRow = { ...row('openai', 'ft', '0'), unpriced_calls: 1, cost_status: 'unknown' }
  const [openai, azure] = linesByProvider([row('openai', 'a', '3.00'), unpriced, row('azure', 'a', '1.00')])
  expect(openai).toMatchObject({ unpriced_calls: 1, cost: { value: 3_000_000_000n, status: 'incomplete' } })
  expect(azure?.cost.status).toBe('complete')
})
