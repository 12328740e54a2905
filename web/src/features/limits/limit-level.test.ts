import { describe, expect, it } from 'vitest'

import { usageOf } from '@/testing/usage'

import { levelsOf, metricsAt } from './limit-level'

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

  it('is found by metric', () => {
    const used = { ...status, tokens_used: 400_000, runs_used: 5 }
    expect(metricsAt(used, SMALL, 'hard')).toEqual(['runs'])
    expect(metricsAt(used, SMALL, 'soft', 'hard')).toEqual(['tokens', 'runs'])
  })
})
