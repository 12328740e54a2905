import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import { problem, serveApi } from '@/testing/api'
import { renderPage } from '@/testing/render'

import { NewTenantPage } from './new-tenant-page'

const USER = { id: 'ada', email: 'ada@example.com', name: null, email_verified: true }
const INVITATION = {
  tenant_id: 'beta',
  tenant_name: 'Beta <b>Inc</b>',
  role: 'admin',
  invited_by: 'bob@example.com',
  expires_at: '2026-12-01T00:00:00Z',
}
const me = (invitations: object[]) => ({ 'GET /me': { body: { user: USER, tenants: [], invitations } } })

const show = () => renderPage(<NewTenantPage />, { path: '/new', at: '/new' })

test('makes a tenant and goes there', async () => {
  const requests = serveApi({
    ...me([]),
    'POST /tenants': { status: 201, body: { id: 'acme-x1', name: 'Acme', plan: 'free', role: 'owner' } },
  })
  const { router } = show()
  await userEvent.type(screen.getByLabelText('Name'), ' Acme ')
  await userEvent.click(screen.getByRole('button', { name: 'Create tenant' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/acme-x1'))
  expect(requests.find(({ method }) => method === 'POST')?.body).toEqual({ name: 'Acme' })
})

test('says what is wrong with the name', async () => {
  const refusal = problem(400, 'invalid_request', 'bad', [
    { field: 'name', code: 'invalid_name', message: 'name is empty' },
  ])
  serveApi({ ...me([]), 'POST /tenants': refusal })
  show()
  await userEvent.click(screen.getByRole('button', { name: 'Create tenant' }))
  expect(await screen.findByText('name is empty')).toBeVisible()
})

test('offers an invitation first, with its name as text', async () => {
  serveApi({ ...me([INVITATION]), 'POST /invitations/beta/accept': { body: { id: 'beta' } } })
  const { router } = show()
  expect(await screen.findByText('You are invited to Beta <b>Inc</b>')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Accept' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/t/beta'))
})

test('an invitation by the platform names nobody', async () => {
  serveApi(me([{ ...INVITATION, invited_by: '' }]))
  show()
  expect(await screen.findByText(/^You can join as/)).toBeVisible()
})

test('says when an invitation cannot be accepted any more', async () => {
  const refusal = problem(404, 'not_found', 'the invitation has ended')
  serveApi({ ...me([INVITATION]), 'POST /invitations/beta/accept': refusal })
  show()
  await userEvent.click(await screen.findByRole('button', { name: 'Accept' }))
  expect(await screen.findByText('the invitation has ended')).toBeVisible()
})
