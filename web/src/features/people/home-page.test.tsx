import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import type { Me } from '@/lib/api/types'
import { problem, serveApi } from '@/testing/api'
import { renderPage } from '@/testing/render'

import { HomePage, homeOf } from './home-page'

const ME: Me = {
  user: { id: 'ada', email: 'ada@example.com', name: null, email_verified: true },
  is_operator: false,
  tenants: [
    {
      id: 'acme',
      name: 'Acme',
      plan: 'free',
      role: 'owner',
      time_zone: 'UTC',
      time_zone_version: 'v1',
      suspended: false,
    },
    {
      id: 'beta',
      name: 'Beta',
      plan: 'free',
      role: 'member',
      time_zone: 'UTC',
      time_zone_version: 'v1',
      suspended: false,
    },
  ],
  invitations: [],
}

test('leads to the tenant shown last', () => {
  expect(homeOf(ME, 'beta')).toBe('/t/beta')
})

test('leads to the first tenant when the last one is no longer theirs', () => {
  expect(homeOf(ME, 'gone')).toBe('/t/acme')
})

test('leads to a page of the tenant, and without a tenant to the one that creates one', () => {
  expect(homeOf(ME, 'beta', '/upgrade')).toBe('/t/beta/upgrade')
  expect(homeOf({ ...ME, tenants: [] }, 'beta', '/upgrade')).toBe('/new')
})

test('leads past a suspended tenant while there is another one', () => {
  const suspended = ME.tenants.map((tenant) => ({ ...tenant, suspended: tenant.id === 'acme' }))
  expect(homeOf({ ...ME, tenants: suspended }, 'acme')).toBe('/t/beta')
  expect(homeOf({ ...ME, tenants: suspended.slice(0, 1) }, 'acme')).toBe('/t/acme')
})

test('leads to making a tenant when there is none', () => {
  expect(homeOf({ ...ME, tenants: [] }, null)).toBe('/new')
})

test('leads an operator without a tenant to the console', () => {
  expect(homeOf({ ...ME, tenants: [], is_operator: true }, null)).toBe('/operator')
  expect(homeOf({ ...ME, is_operator: true }, null)).toBe('/t/acme')
})

test('never spins for ever: it says what failed, and tries again', async () => {
  let isAway = true
  serveApi({
    'GET /me': () => (isAway ? problem(503, 'unavailable', 'Firestore does not answer') : { body: ME }),
  })
  const { router } = renderPage(<HomePage />, { path: '/' })
  expect(await screen.findByText('Firestore does not answer')).toBeVisible()
  isAway = false
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/acme'))
})
