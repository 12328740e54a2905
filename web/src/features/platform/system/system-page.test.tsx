import { screen, within } from '@testing-library/react'
import { expect, test, vi } from 'vitest'

import { problem, serveApi } from '@/testing/api'
import { HTML_NAME, SYSTEM } from '@/testing/platform'
import { renderPage } from '@/testing/render'
import type { SystemState } from '@/lib/api/types'

import { SystemPage } from './system-page'

function show(system: SystemState, at = '/operator/system') {
  serveApi({
    'GET /platform/system': { body: system },
    'GET /platform/audit': { body: { entries: [], next_cursor: null } },
  })
  renderPage(<SystemPage />, { at, path: '/operator/system' })
}

test('says of each part that nothing failed', async () => {
  show(SYSTEM)
  expect(await screen.findByText('Every webhook was applied.')).toBeVisible()
  expect(screen.getByText('Nothing was given up.')).toBeVisible()
  expect(screen.getByText('No notices.')).toBeVisible()
  expect(screen.getByRole('row', { name: /Every minute Done 850 ms/ })).toBeVisible()
  expect(screen.getByRole('row', { name: /STRIPE_API_KEY.* set/ })).toBeVisible()
})

test('says what failed, why, and whose it is', async () => {
  show({
    ...SYSTEM,
    ticks: [
      { at: '2026-11-22T12:00:00Z', job: 'reconcile', milliseconds: 61_000, error: 'deadline exceeded' },
    ],
    stripe_failures: [
      {
        ...{
          event_id: 'evt_1',
          type: 'invoice.paid',
          tenant_id: 'acme',
          error: 'no such price',
          attempts: 3,
        },
        ...{ first_at: '2026-11-22T10:00:00Z', last_at: '2026-11-22T11:00:00Z' },
      },
    ],
    dead_letters: [
      {
        ...{ id: 'd1', kind: 'webhook', at: '2026-11-22T10:00:00Z', text: HTML_NAME },
        ...{ attempts: 12, error: 'connection refused' },
      },
    ],
    notices: [{ at: '2026-11-22T10:00:00Z', title: 'Second subscription', text: 'acme pays twice' }],
  })
  expect(
    await screen.findByRole('row', { name: /Daily reconciliation ?deadline exceeded Failed/ }),
  ).toBeVisible()
  const failure = screen.getByRole('row', { name: /invoice.paid ?evt_1 ?no such price/ })
  expect(within(failure).getByRole('link', { name: 'acme' })).toHaveAttribute(
    'href',
    '/operator/tenants/acme',
  )
  expect(screen.getByRole('row', { name: /connection refused/ })).toHaveTextContent(HTML_NAME)
  expect(document.querySelector('img')).toBeNull()
  expect(screen.getByRole('row', { name: /Second subscription ?acme pays twice/ })).toBeVisible()
})

test('leads to the part that the address names, once it is loaded', async () => {
  const seen = vi.spyOn(Element.prototype, 'scrollIntoView')
  show(SYSTEM, '/operator/system#dead-letters')
  await screen.findByText('Nothing was given up.')
  expect(seen.mock.contexts).toEqual([document.getElementById('dead-letters')])
})

test('says what failed', async () => {
  serveApi({
    'GET /platform/system': problem(503, 'unavailable', 'Firestore does not answer'),
    'GET /platform/audit': problem(503, 'unavailable', 'Firestore does not answer'),
  })
  renderPage(<SystemPage />)
  expect(await screen.findByText('Could not load the system’s state')).toBeVisible()
})
