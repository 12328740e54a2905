import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import type { ApiKey } from '@/lib/api/types'
import { problem, serveApi } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { tenantOf } from '@/testing/tenants'

import { KeysPage } from './keys-page'

const KEYS = '/tenants/acme/api-keys'
const KEY: ApiKey = {
  id: 'ab12cd34',
  label: 'Production agents',
  prefix: 'gwi_test_1234',
  scopes: ['usage:write'],
  created_at: '2026-11-01T00:00:00Z',
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
  created_by: 'member:ada@example.com',
  status: 'active',
}
const SECRET = 'gwi_test_1234567890'
const MADE = { status: 201, body: { api_key: KEY, secret: SECRET } }

const show = () => renderPage(<KeysPage />, { tenant: tenantOf() })

test('shows a new key once, and then never again', async () => {
  const requests = serveApi({ [`GET ${KEYS}`]: { body: { api_keys: [] } }, [`POST ${KEYS}`]: MADE })
  show()
  await userEvent.click(await screen.findByRole('button', { name: 'Create your first key' }))
  await userEvent.type(screen.getByLabelText('Name'), 'Production agents')
  await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Create key' }))
  expect(await screen.findByText(SECRET)).toBeVisible()
  expect(requests.find(({ method }) => method === 'POST')?.body).toEqual({
    label: 'Production agents',
    scopes: ['usage:write', 'limits:read'],
    expires_in_days: null,
  })
  await userEvent.click(screen.getByRole('button', { name: 'Done' }))
  expect(screen.queryByText(SECRET)).not.toBeInTheDocument()
})

test('names the field that the service refuses', async () => {
  const refusal = problem(400, 'invalid_request', 'label is empty', [
    { field: 'label', code: 'invalid_label', message: 'label is empty' },
  ])
  serveApi({ [`GET ${KEYS}`]: { body: { api_keys: [KEY] } }, [`POST ${KEYS}`]: refusal })
  show()
  await userEvent.click(screen.getByRole('button', { name: 'Create key' }))
  const dialog = screen.getByRole('dialog')
  await userEvent.click(within(dialog).getByRole('button', { name: 'Create key' }))
  expect(await screen.findByText('label is empty')).toBeVisible()
  expect(screen.getByLabelText('Name')).toHaveAttribute('aria-invalid', 'true')
})

test('asks before it revokes, and says which', async () => {
  const requests = serveApi({
    [`GET ${KEYS}`]: { body: { api_keys: [KEY] } },
    [`DELETE ${KEYS}/${KEY.id}`]: { body: { ...KEY, status: 'revoked' } },
  })
  show()
  await userEvent.click(await screen.findByRole('button', { name: 'Revoke Production agents' }))
  expect(requests.some(({ method }) => method === 'DELETE')).toBe(false)
  await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Revoke key' }))
  expect(await screen.findByText('Key “Production agents” revoked')).toBeVisible()
})

test('rotates with the overlap that was chosen', async () => {
  const requests = serveApi({
    [`GET ${KEYS}`]: { body: { api_keys: [KEY] } },
    [`POST ${KEYS}/${KEY.id}/rotate`]: MADE,
  })
  show()
  await userEvent.click(await screen.findByRole('button', { name: 'Rotate Production agents' }))
  await userEvent.selectOptions(screen.getByLabelText('Old key'), 'Keep for 1 hour')
  await userEvent.click(screen.getByRole('button', { name: 'Rotate key' }))
  expect(await screen.findByText(SECRET)).toBeVisible()
  expect(requests.at(-2)?.body).toEqual({ overlap_hours: 1 })
})

test('folds ended keys away', async () => {
  const ended: ApiKey = { ...KEY, id: 'ff', label: 'Old agents', status: 'revoked' }
  serveApi({ [`GET ${KEYS}`]: { body: { api_keys: [KEY, ended] } } })
  show()
  await screen.findByText('Production agents')
  expect(screen.queryByText('Old agents')).not.toBeInTheDocument()
  await userEvent.click(screen.getByRole('button', { name: 'Show 1 expired or revoked' }))
  expect(screen.getByText('Old agents')).toBeVisible()
})

test('says what failed and tries again', async () => {
  let isAway = true
  serveApi({
    [`GET ${KEYS}`]: () =>
      isAway ? problem(503, 'unavailable', 'Firestore does not answer') : { body: { api_keys: [KEY] } },
  })
  show()
  expect(await screen.findByText('Firestore does not answer')).toBeVisible()
  isAway = false
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  await waitFor(() => expect(screen.getByText('Production agents')).toBeVisible())
})
