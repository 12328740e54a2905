// The links of mails, from the address to the page, with the real guards.
import { QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { RouterProvider } from 'react-router'
import { expect, test } from 'vitest'

import { newQueryClient } from '@/lib/api/query-client'
import type { Me } from '@/lib/api/types'
import { publishSession } from '@/lib/session/store'
import { problem, serveApi } from '@/testing/api'
import { unusedUsage } from '@/testing/tenants'

import { router } from './router'

const USER = { id: 'eve', email: 'eve@example.com', name: null }
const ME: Me = {
  user: { ...USER, email_verified: true },
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
  ],
  invitations: [
    {
      tenant_id: 'beta',
      tenant_name: 'Beta',
      role: 'member',
      invited_by: 'bob@example.com',
      expires_at: '2026-12-01T00:00:00Z',
    },
  ],
}

const publish = (session: Parameters<typeof publishSession>[0]) => act(() => publishSession(session))
const signedIn = (emailVerified: boolean) =>
  publish({ status: 'signed-in', user: { ...USER, emailVerified } })

async function visit(address: string) {
  await act(() => router.navigate(address))
  render(
    <QueryClientProvider client={newQueryClient()}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
}

test('an invitation waits for sign-in and a confirmed email, also for somebody who has a tenant', async () => {
  serveApi({ 'GET /me': { body: ME } })
  publish({ status: 'signed-out', reason: null })
  await visit('/join/beta')
  expect(await screen.findByRole('heading', { name: 'Sign in' })).toBeVisible()
  await userEvent.click(screen.getByRole('link', { name: 'Create an account' }))
  expect(await screen.findByRole('heading', { name: 'Create an account' })).toBeVisible()
  signedIn(false)
  expect(await screen.findByRole('heading', { name: 'Confirm your email' })).toBeVisible()
  signedIn(true)
  expect(await screen.findByRole('heading', { name: 'You are invited to Beta' })).toBeVisible()
  expect(router.state.location.pathname).toBe('/join/beta')
})

test('an invitation waits also for somebody who has to reset their password', async () => {
  serveApi({ 'GET /me': { body: ME } })
  publish({ status: 'signed-out', reason: null })
  await visit('/join/beta')
  await userEvent.click(await screen.findByRole('link', { name: 'Forgot password?' }))
  await userEvent.click(await screen.findByRole('link', { name: 'Back to sign in' }))
  expect(await screen.findByRole('heading', { name: 'Sign in' })).toBeVisible()
  signedIn(true)
  await waitFor(() => expect(router.state.location.pathname).toBe('/join/beta'))
})

test.each([
  ['confirm', 'Confirm your address'],
  ['stop', 'Stop emails'],
])('the link to %s opens without a session', async (action, heading) => {
  serveApi({})
  publish({ status: 'unavailable' })
  await visit(`/mail/e1/${action}#t0ken`)
  expect(await screen.findByRole('heading', { name: heading })).toBeVisible()
})

test('of a suspended tenant every page says so, and leads to the others', async () => {
  const beta = { id: 'beta', name: 'Beta', suspended: false }
  const tenants = ME.tenants.flatMap((acme) => [
    { ...acme, suspended: true },
    { ...acme, ...beta },
  ])
  let isSuspended = true
  const refusal = problem(403, 'tenant_suspended', "tenant 'acme' is suspended")
  const usage = { ...unusedUsage(), live: null }
  serveApi({
    'GET /me': { body: { ...ME, tenants, invitations: [] } },
    'GET /tenants/acme/usage': () => (isSuspended ? refusal : { body: usage }),
    'GET /tenants/acme/api-keys': { body: { api_keys: [] } },
  })
  signedIn(true)
  await visit('/t/acme/settings/keys')
  expect(await screen.findByRole('heading', { name: 'This tenant is suspended' })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Tenant acme: switch tenant' }))
  expect(await screen.findByRole('menuitemradio', { name: /Beta/ })).toBeVisible()
  isSuspended = false
  await userEvent.click(screen.getByRole('button', { name: 'Check again' }))
  expect(await screen.findByRole('heading', { name: 'API keys' })).toBeVisible()
})

test.each([
  ['/usage', '/t/acme'],
  ['/upgrade', '/t/acme/upgrade'],
])('%s leads to the page of the last tenant', async (address, page) => {
  serveApi({
    'GET /me': { body: ME },
    'GET /tenants/acme/usage': problem(503, 'unavailable', 'away'),
    'GET /plans': problem(503, 'unavailable', 'away'),
  })
  signedIn(true)
  await visit(address)
  await waitFor(() => expect(router.state.location.pathname).toBe(page))
})
