import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it } from 'vitest'

import type { Role } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { tenantOf, unusedUsage } from '@/testing/tenants'

import { ManageBillingButton } from './manage-billing-button'

const PORTAL = 'POST /tenants/acme/portal-sessions'

function show(role: Role, status: string, routes: Routes = {}) {
  serveApi(routes)
  const usage = unusedUsage(role)
  usage.billing = { ...usage.billing, status }
  renderPage(<ManageBillingButton tenant="acme" />, { tenant: tenantOf(role, usage) })
  return screen.queryByRole('button', { name: 'Manage billing' })
}

afterEach(() => {
  window.location.hash = ''
})

it.each<[Role, string, boolean]>([
  ['owner', 'active', true],
  ['admin', 'past_due', true],
  ['owner', 'canceled', true],
  ['owner', 'none', false],
  ['member', 'active', false],
])('for %s of a tenant whose subscription is %s: %s', (role, status, isShown) => {
  expect(show(role, status) !== null).toBe(isShown)
})

it('leads to the portal', async () => {
  show('owner', 'active', { [PORTAL]: { body: { url: `${window.location.origin}/#portal` } } })
  await userEvent.click(screen.getByRole('button', { name: 'Manage billing' }))
  await waitFor(() => expect(window.location.hash).toBe('#portal'))
})

it('says why it did not', async () => {
  show('owner', 'canceled', {
    [PORTAL]: problem(409, 'no_customer', 'this tenant has no billing account yet'),
  })
  await userEvent.click(screen.getByRole('button', { name: 'Manage billing' }))
  expect(await screen.findByText('No billing account yet')).toBeVisible()
})
