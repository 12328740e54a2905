import { expect, test } from 'vitest'

import { usageOf } from '@/testing/usage'

import { explainPath } from './explain-address'
import { questionIn } from './explain-filters'

const MONTH = { tenant_id: 'a/b', period_start: '2026-11-01T00:00:00Z', period_end: '2026-12-01T00:00:00Z' }
const aggregateOf = (changes: object) => ({ ...usageOf().aggregate, ...changes })
const searchOf = (path: string) => new URL(path, 'http://localhost').searchParams

test('an address holds the question, whatever the names are', () => {
  const path = explainPath(aggregateOf(MONTH), { provider: 'my & own', model: '<b>#1</b>' }) ?? ''
  expect(path.startsWith('/t/a%2Fb/explain?')).toBe(true)
  expect(questionIn(searchOf(path))).toEqual({
    from: MONTH.period_start,
    to: MONTH.period_end,
    provider: 'my & own',
    model: '<b>#1</b>',
  })
})

test('all usage of a provider, and all usage', () => {
  const all = explainPath(aggregateOf(MONTH), { provider: 'openai' }) ?? ''
  expect(questionIn(searchOf(all))).toEqual({
    from: MONTH.period_start,
    to: MONTH.period_end,
    provider: 'openai',
  })
  expect(questionIn(searchOf(explainPath(aggregateOf(MONTH)) ?? ''))).toEqual({
    from: MONTH.period_start,
    to: MONTH.period_end,
  })
})

test('what was merged and what is too long has no events to show', () => {
  expect(explainPath(aggregateOf(MONTH), { provider: 'other', model: 'other' })).toBeUndefined()
  expect(explainPath(aggregateOf({ ...MONTH, period_end: '2026-12-03T00:00:00Z' }))).toBeUndefined()
})

test('another address has no question', () => {
  expect(questionIn(new URLSearchParams('from=2026-11-01'))).toBeNull()
  expect(questionIn(new URLSearchParams())).toBeNull()
})
