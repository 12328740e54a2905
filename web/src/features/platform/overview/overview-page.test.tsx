import { act, screen, within } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'

import { problem, serveApi } from '@/testing/api'
import { overviewOf } from '@/testing/platform'
import { renderPage } from '@/testing/render'
import type { Overview } from '@/lib/api/types'

import { OverviewPage } from './overview-page'

const ROUTE = 'GET /platform/overview'
const MONEY = overviewOf().money

afterEach(() => vi.useRealTimers())

async function show(overview: Overview) {
  const requests = serveApi({ [ROUTE]: { body: overview } })
  renderPage(<OverviewPage />)
  await screen.findByRole('region', { name: /^Money/ })
  await screen.findByText(/Last tick|Nothing was computed/)
  return requests
}

/** The figure of a label, with all that is said about it. */
function figure(label: string): HTMLElement {
  const found = screen.getAllByRole('term').find(({ textContent }) => textContent === label)?.parentElement
  if (!found) throw new Error(`no figure ${label}`)
  return found
}

test('shows each figure with what it means and where to act', async () => {
  await show(overviewOf({ stripe_failures: 2 }))
  expect(screen.getByRole('region', { name: 'Money in November 2026' })).toBeVisible()
  expect(figure('MRR')).toHaveTextContent('$34,800.00')
  expect(figure('Margin')).toHaveTextContent('$750.00')
  expect(figure('Margin')).toHaveTextContent('75% of revenue.')
  expect(figure('Tenants')).toHaveTextContent('10,000')
  expect(figure('Fold lag')).toHaveTextContent('42 s')
  expect(figure('Events a minute')).toHaveTextContent('1,234')
  const failures = figure('Stripe failures')
  expect(failures).toHaveTextContent('2')
  expect(within(failures).getByRole('link')).toHaveAttribute('href', '/operator/system#stripe-failures')
  expect(within(figure('Past due')).getByRole('link')).toHaveAttribute(
    'href',
    '/operator/tenants?past_due=true',
  )
})

test('says of figures that nothing computed them yet', async () => {
  const nothing = { computed_at: null, money: null, tenants: null, events_per_minute: null, outbox: null }
  await show(overviewOf(nothing))
  for (const label of ['MRR', 'Margin', 'Tenants', 'Events a minute', 'Outbox backlog', 'Dead letters']) {
    expect(figure(label)).toHaveTextContent('Not computed yet')
  }
  expect(figure('Fold lag')).toHaveTextContent('42 s')
})

test('marks sums that leave calls out, and leads from each model to its price', async () => {
  const model = {
    provider: 'acme ai',
    model: 'fast & cheap',
    unpriced_calls: 12,
    incomplete_calls: 0,
    tenants: 3,
  }
  const money = MONEY && { ...MONEY, unpriced_calls: 12, is_complete: false }
  await show(overviewOf({ money, models: [model, { ...model, provider: 'other', model: 'other' }] }))
  expect(figure('Provider cost')).toHaveTextContent('at least $250.00')
  expect(figure('Margin')).toHaveTextContent('at most $750.00')
  expect(figure('Margin')).toHaveTextContent(/Incomplete. Leaves out the provider cost of 12.unpriced calls./)
  expect(screen.getByRole('link', { name: 'Set a price of fast & cheap' })).toHaveAttribute(
    'href',
    '/operator/prices?provider=acme+ai&model=fast+%26+cheap',
  )
  expect(within(screen.getByRole('row', { name: /Other models/ })).queryByRole('link')).toBeNull()
})

test('asks again after 30 seconds', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const requests = await show(overviewOf())
  expect(requests).toHaveLength(1)
  await act(() => vi.advanceTimersByTimeAsync(30_000))
  expect(requests).toHaveLength(2)
})

test('says what failed', async () => {
  serveApi({ [ROUTE]: problem(503, 'unavailable', 'Firestore does not answer') })
  renderPage(<OverviewPage />)
  expect(await screen.findByText('Firestore does not answer')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Try again' })).toBeVisible()
})
