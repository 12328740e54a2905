import { act, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { Alert } from '@/lib/api/types'
import { problem, serveApi } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { alertOf, usageOf } from '@/testing/usage'

import { RecentAlerts } from './recent-alerts'

const ALERT = alertOf()

const pass = (time_ms: number) => act(() => vi.advanceTimersByTimeAsync(time_ms))

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function open(...answers: Alert[][]) {
  let asked = 0
  const requests = serveApi({
    'GET /tenants/acme/alerts': () => {
      const alerts = answers[Math.min(asked, answers.length - 1)]
      asked += 1
      return { body: { alerts, next_cursor: null } }
    },
  })
  renderPage(<RecentAlerts usage={usageOf()} />)
  await pass(10)
  return requests
}

it('are looked for until one of this period is there, and no longer', async () => {
  const ofOctober = { ...ALERT, id: 'b', period_start: '2026-10-01T00:00:00Z', used: 450_000 }
  const requests = await open([ofOctober], [ofOctober], [ALERT, ofOctober])
  expect(screen.getAllByRole('listitem')).toHaveLength(1)
  await pass(30_000)
  expect(requests).toHaveLength(2)
  await pass(30_000)
  expect(screen.getByText('of tokens used: 400,000 of 500,000')).toBeInTheDocument()
  await pass(3_600_000)
  expect(requests).toHaveLength(3)
})

it.each([
  [true, 'of provider cost used: $8.99 of $10.00'],
  [false, 'of provider cost used: at least $8.99 of $10.00'],
])('show a cost in dollars, and whether it is complete: %s', async (cost_is_complete, words) => {
  const money = { used: 8_999_999_999, limit: 10_000_000_000, used_usd: '8.999999999', limit_usd: '10.00' }
  await open([alertOf({ metric: 'cost', ...money, cost_is_complete })])
  expect(screen.getByText(words)).toBeInTheDocument()
})

it('name a run that used more than it held', async () => {
  const money = { used: 3_100_000_000, limit: 2_500_000_000, used_usd: '3.10', limit_usd: '2.50' }
  await open([
    alertOf({ metric: 'cost', threshold_percent: 100, run_id: 'run-7', cost_is_complete: true, ...money }),
  ])
  expect(screen.getByText('of the hold of run run-7 used: $3.10 of $2.50')).toBeInTheDocument()
  expect(screen.getByText('Over').className).toContain('warn')
})

it('are asked for once where they are there', async () => {
  const requests = await open([ALERT])
  await pass(3_600_000)
  expect(requests).toHaveLength(1)
})

it.each([
  [100, 'danger'],
  [120, 'warn'],
])('are red only at the threshold that blocks: %i', async (hard_percent, tone) => {
  serveApi({
    'GET /tenants/acme/alerts': {
      body: { alerts: [alertOf({ threshold_percent: 100 })], next_cursor: null },
    },
  })
  const { limits } = usageOf()
  renderPage(<RecentAlerts usage={usageOf({ limits: limits && { ...limits, hard_percent } })} />)
  await pass(10)
  expect(screen.getByText('100%').className).toContain(tone)
})

it('say when they could not be loaded', async () => {
  serveApi({ 'GET /tenants/acme/alerts': problem(503, 'unavailable', 'The store is away.') })
  renderPage(<RecentAlerts usage={usageOf()} />)
  await pass(10)
  expect(screen.getByText('Could not load alerts')).toBeInTheDocument()
})
