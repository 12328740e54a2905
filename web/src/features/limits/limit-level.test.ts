import { describe, expect, it } from 'vitest'

import { usageOf } from '@/testing/usage'

import { levelsOf, limitReached, metricsAt } from './limit-level'

const { status, limits } = usageOf()
if (!status || !limits) throw new Error('the sample has limits')

// 50% and 85% of 7 runs are 3.5 and 5.95: it warns from 4 on and blocks from 5 on, at 71.42%.
const SMALL = { ...limits, runs: 7, soft_percent: 50, hard_percent: 85, soft_runs: 4, hard_runs: 5 }

describe('a level', () => {
  it.each([
    [3, 'within'],
    [4, 'soft'],
    [5, 'hard'],
    [9, 'hard'],
  ])('of %i runs is %s', (runs_used, level) =>
    expect(levelsOf({ ...status, runs_used }, SMALL).runs).toBe(level),
  )

  it('of a limit of nothing is reached by nothing', () => {
    const nothing = { ...limits, tokens: 0, soft_tokens: 0, hard_tokens: 0 }
    expect(levelsOf({ ...status, tokens_used: 0 }, nothing).tokens).toBe('hard')
  })

  it.each([
    ['7.999999999', 'within'],
    ['8.00', 'soft'],
    ['9.999999999', 'soft'],
    ['10.00', 'hard'],
    ['10.01', 'hard'],
  ])('of $%s of a limit of $10 is %s', (cost_used_usd, level) => {
    const dollars = {
      ...limits,
      provider_cost_usd: '10.00',
      soft_provider_cost_usd: '8.00',
      hard_provider_cost_usd: '10.00',
    }
    expect(levelsOf({ ...status, cost_used_usd }, dollars).cost).toBe(level)
  })

  it('of an unlimited cost is never reached', () =>
    expect(levelsOf({ ...status, cost_used_usd: '99999999.00' }, limits).cost).toBe('within'))

  it('is described for all three in one sentence', () => {
    const nothing = {
      ...limits,
      ...{
        hard_tokens: 0,
        hard_runs: 0,
        provider_cost_usd: '0.00',
        soft_provider_cost_usd: '0.00',
        hard_provider_cost_usd: '0.00',
      },
    }
    expect(limitReached(status, nothing)).toBe('You reached the token, run and cost limits')
  })

  it('is found by metric', () => {
    const used = { ...status, tokens_used: 400_000, runs_used: 5 }
    expect(metricsAt(used, SMALL, 'hard')).toEqual(['runs'])
    expect(metricsAt(used, SMALL, 'soft', 'hard')).toEqual(['tokens', 'runs'])
  })
})
