import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'

import type { Role } from '@/lib/api/types'
import { problem, serveApi } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { usageOf } from '@/testing/usage'

import { FirstEvent } from './first-event'

afterEach(() => vi.unstubAllGlobals())

const open = (role: Role) =>
  renderPage(<FirstEvent tenant={{ id: 'acme', name: 'Acme Inc.', role, usage: usageOf() }} />)

it('makes a key that may only record, and puts it into the code', async () => {
  const requests = serveApi({
    'POST /tenants/acme/api-keys': { status: 201, body: { api_key: {}, secret: 'gwi_test_abc' } },
  })
  open('owner')
  await userEvent.click(screen.getByRole('button', { name: 'Create key' }))
  expect(await screen.findByText(/Meter\("gwi_test_abc", "http:\/\/localhost:3000"\)/)).toBeInTheDocument()
  expect(requests[0]?.body).toEqual({ label: 'First event', scopes: ['usage:write'], expires_in_days: null })
  await userEvent.click(screen.getByRole('radio', { name: 'curl' }))
  expect(screen.getByText(/Authorization: Bearer gwi_test_abc/)).toHaveTextContent(
    'http://localhost:3000/v1/events',
  )
})

it('says why there is no key', async () => {
  serveApi({ 'POST /tenants/acme/api-keys': problem(503, 'unavailable', 'The store is away.') })
  open('admin')
  await userEvent.click(screen.getByRole('button', { name: 'Create key' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('Could not create the key: The store is away.')
})

it('advises members to ask an owner or admin', () => {
  open('member')
  expect(screen.getByText(/Ask an owner or admin of Acme Inc\./)).toBeInTheDocument()
  expect(screen.queryByRole('button', { name: 'Create key' })).not.toBeInTheDocument()
})
