import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import type { Me } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { renderPage } from '@/testing/render'

import { JoinPage } from './join-page'

const ME: Me = {
  user: { id: 'eve', email: 'eve@example.com', name: null, email_verified: true },
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
  invitations: [],
}
const invitationTo = (tenant_id: string, tenant_name: string): Me['invitations'][number] => ({
  tenant_id,
  tenant_name,
  role: 'member',
  invited_by: 'bob@example.com',
  expires_at: '2026-12-01T00:00:00Z',
})
const INVITED = {
  body: { ...ME, invitations: [invitationTo('gamma', 'Gamma'), invitationTo('beta', 'Beta')] },
}

function open(routes: Routes, tenant = 'beta') {
  const requests = serveApi(routes)
  const { router } = renderPage(<JoinPage />, { path: '/join/:tenant', at: `/join/${tenant}` })
  return { requests, router }
}

const press = async (name: string) => userEvent.click(await screen.findByRole('button', { name }))

test('shows the invitation of the link alone, and leads to the tenant when it is accepted', async () => {
  const { router } = open({ 'GET /me': INVITED, 'POST /invitations/beta/accept': { body: {} } })
  expect(await screen.findByText('You are invited to Beta')).toBeVisible()
  expect(screen.queryByText('You are invited to Gamma')).not.toBeInTheDocument()
  await press('Accept')
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/beta'))
})

test('says that an invitation is declined, and leads home', async () => {
  const { requests, router } = open({ 'GET /me': INVITED, 'DELETE /invitations/beta': { status: 204 } })
  await press('Decline')
  expect(await screen.findByText('Invitation to Beta declined')).toBeVisible()
  expect(router.state.location.pathname).toBe('/')
  expect(requests.some(({ method }) => method === 'DELETE')).toBe(true)
})

test('says for which address there is no invitation, with a way to another account', async () => {
  open({ 'GET /me': { body: ME } })
  expect(
    await screen.findByText(/There is no open invitation to this tenant for eve@example\.com/),
  ).toBeVisible()
  expect(screen.getByRole('button', { name: 'Use a different account' })).toBeVisible()
})

test('leads whoever is a member already to the tenant', async () => {
  const { router } = open({ 'GET /me': { body: ME } }, 'acme')
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/acme'))
})

test('never spins for ever: it says what failed', async () => {
  open({ 'GET /me': problem(503, 'unavailable', 'Firestore does not answer') })
  expect(await screen.findByText('Firestore does not answer')).toBeVisible()
})
