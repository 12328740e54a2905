import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import { problem, serveApi } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { tenantOf } from '@/testing/tenants'
import { alertOf } from '@/testing/usage'

import { AlertsPage } from './alerts-page'

const RECIPIENTS = '/tenants/acme/alert-recipients'
const NO_ALERTS = { 'GET /tenants/acme/alerts': { body: { alerts: [], next_cursor: null } } }

const show = () => renderPage(<AlertsPage />, { tenant: tenantOf() })

test('adds an email to the recipients', async () => {
  const requests = serveApi({
    ...NO_ALERTS,
    [`GET ${RECIPIENTS}`]: { body: { emails: ['ada@example.com'] } },
    [`PUT ${RECIPIENTS}`]: { body: { emails: [] } },
  })
  show()
  await userEvent.type(await screen.findByLabelText('Add an email'), 'bob@example.com')
  await userEvent.click(screen.getByRole('button', { name: 'Add' }))
  expect(await screen.findByText('Recipients saved')).toBeVisible()
  expect(requests.find(({ method }) => method === 'PUT')?.body).toEqual({
    emails: ['ada@example.com', 'bob@example.com'],
  })
})

test('says that owners receive alerts when there are no recipients', async () => {
  serveApi({ ...NO_ALERTS, [`GET ${RECIPIENTS}`]: { body: { emails: [] } } })
  show()
  expect(await screen.findByText(/Owners receive alerts/)).toBeVisible()
})

test('shows what is wrong with an email', async () => {
  const refusal = problem(400, 'invalid_request', 'bad', [
    { field: 'emails.0', code: 'invalid_email', message: '“nobody” is not an email address' },
  ])
  serveApi({ ...NO_ALERTS, [`GET ${RECIPIENTS}`]: { body: { emails: [] } }, [`PUT ${RECIPIENTS}`]: refusal })
  show()
  await userEvent.type(await screen.findByLabelText('Add an email'), 'nobody')
  await userEvent.click(screen.getByRole('button', { name: 'Add' }))
  expect(await screen.findByText('“nobody” is not an email address')).toBeVisible()
})

test('lists past alerts', async () => {
  const alert = alertOf({ used: 41_000, limit: 50_000 })
  serveApi({
    'GET /tenants/acme/alerts': { body: { alerts: [alert], next_cursor: null } },
    [`GET ${RECIPIENTS}`]: { body: { emails: [] } },
  })
  show()
  expect(await screen.findByText('Tokens at 80%')).toBeVisible()
  expect(screen.getByText('41,000 of 50,000')).toBeVisible()
})
