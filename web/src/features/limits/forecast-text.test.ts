import { describe, expect, it } from 'vitest'

import type { Forecast } from '@/lib/api/types'
import { usageOf } from '@/testing/usage'

import { forecastText } from './forecast-text'

const { status, limits } = usageOf()
const LASTS = { at_end: 10, soft_reached_at: null, reached_at: null }
const FORECAST: Forecast = {
  tokens: LASTS,
  runs: LASTS,
  cost_usd_at_end: '1.0',
  cost_status: 'complete',
  cost_soft_reached_at: null,
  cost_reached_at: null,
  basis_days: 12,
  reason: null,
}

function forecast(changes: Partial<Forecast>): Forecast {
  return { ...FORECAST, ...changes }
}

const words = (changes: Partial<Forecast>) => forecastText(usageOf({ forecast: forecast(changes) }), 'UTC')

describe('the forecast', () => {
  it('names the day on which the token limit is reached', () => {
    const tokens = {
      at_end: 600_000,
      soft_reached_at: '2026-11-24T00:00:00Z',
      reached_at: '2026-11-28T06:00:00Z',
    }
    expect(words({ tokens })).toEqual({
      tone: 'warn',
      headline: 'Limit on 28 November',
      sentence: 'At this pace, you reach the token limit on 28 November, 2 days before the reset.',
    })
  })

  it('names whichever limit is reached first', () => {
    const at = (reached_at: string) => ({ at_end: 1, soft_reached_at: null, reached_at })
    const { sentence } = words({ tokens: at('2026-11-30T00:00:00Z'), runs: at('2026-11-25T00:00:00Z') })
    expect(sentence).toContain('you reach the run limit on 25 November')
  })

  it('names the limit of the cost', () => {
    const { headline, sentence } = words({ cost_reached_at: '2026-11-25T00:00:00Z' })
    expect(headline).toBe('Limit on 25 November')
    expect(sentence).toContain('you reach the cost limit on 25 November')
  })

  it('says that the limit of the cost lasts too, where there is one', () => {
    const dollars = {
      ...limits,
      provider_cost_usd: '10.00',
      soft_provider_cost_usd: '8.00',
      hard_provider_cost_usd: '10.00',
    }
    const lasting = forecast({ cost_soft_reached_at: '2026-11-28T00:00:00Z' })
    const usage = usageOf({ limits: limits && { ...limits, ...dollars }, forecast: lasting })
    expect(forecastText(usage, 'UTC').sentence).toBe(
      'At this pace, tokens, runs and the cost limit last until the reset. You reach 80% of the cost limit on 28 November.',
    )
  })

  it('names the day in the zone of the reader', () => {
    const runs = { at_end: 1, soft_reached_at: null, reached_at: '2026-11-25T23:30:00Z' }
    expect(forecastText(usageOf({ forecast: forecast({ runs }) }), 'Asia/Tokyo').headline).toBe(
      'Limit on 26 November',
    )
  })

  it('says that it lasts', () =>
    expect(words({})).toMatchObject({
      tone: 'ok',
      sentence: 'At this pace, tokens and runs last until the reset.',
    }))

  it('says that it lasts, and when the warning comes', () =>
    expect(words({ tokens: { ...LASTS, soft_reached_at: '2026-11-29T15:36:00Z' } }).sentence).toBe(
      'At this pace, tokens and runs last until the reset. You reach 80% of tokens on 29 November.',
    ))

  it.each([
    [0, 'So far: 0 days.'],
    [1, 'So far: 1 day.'],
  ])('needs more data after %i days', (basis_days, text) => {
    const { headline, sentence } = words({ tokens: null, runs: null, basis_days, reason: 'too_little_data' })
    expect(headline).toBe('Not enough data')
    expect(sentence).toContain(text)
  })

  it('names a limit that is already reached', () => {
    const over = status && { ...status, runs_used: 130, hard_limit_reached: true }
    expect(forecastText(usageOf({ status: over, limits }), 'UTC').sentence).toBe(
      'You reached the run limit. Usage resets on 1 December.',
    )
  })

  it('makes no forecast without a known plan', () =>
    expect(forecastText(usageOf({ status: null, limits: null })).headline).toBe('No limits'))
})
