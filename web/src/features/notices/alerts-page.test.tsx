import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import type { Recipient, Thresholds } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { tenantOf } from '@/testing/tenants'
import { alertOf } from '@/testing/usage'

import { AlertsPage } from './alerts-page'

const RECIPIENTS = '/tenants/acme/alert-recipients'
const THRESHOLDS = '/tenants/acme/alert-thresholds'
const DEFAULT: Thresholds = { percents: [50, 80, 90, 100], is_default: true, version: 'v1' }

const confirmed = (email: string): Recipient => ({ email, status: 'confirmed' })
const pending = (email: string): Recipient => ({ email, status: 'pending' })

function open(routes: Routes, recipients: Recipient[] = []) {
  const emails = recipients.map(({ email }) => email)
  const requests = serveApi({
    'GET /tenants/acme/alerts': { body: { alerts: [], next_cursor: null } },
    'GET /tenants/acme/alert-endpoints': { body: { endpoints: [] } },
    [`GET ${RECIPIENTS}`]: { body: { emails, recipients, version: 'r1' } },
    [`GET ${THRESHOLDS}`]: { body: DEFAULT },
    ...routes,
  })
  renderPage(<AlertsPage />, { tenant: tenantOf() })
  return () => requests.find(({ method }) => method === 'PUT')?.body
}

async function add(email: string) {
  await userEvent.type(await screen.findByLabelText('Add an email'), email)
  await userEvent.click(screen.getByRole('button', { name: 'Add' }))
}

async function typeThresholds(text: string) {
  const field = await screen.findByLabelText('Percentages of a limit')
  await userEvent.clear(field)
  await userEvent.type(field, text)
}

test('adds an email to the recipients', async () => {
  const saved = open({ [`PUT ${RECIPIENTS}`]: { body: { emails: [], recipients: [] } } }, [
    confirmed('ada@example.com'),
  ])
  await add('bob@example.com')
  expect(await screen.findByText('Recipients saved')).toBeVisible()
  expect(saved()).toEqual({ emails: ['ada@example.com', 'bob@example.com'], version: 'r1' })
})

test('removes an email that has not confirmed', async () => {
  const saved = open({ [`PUT ${RECIPIENTS}`]: { body: { emails: [], recipients: [] } } }, [
    confirmed('ada@example.com'),
    pending('bob@example.com'),
  ])
  await userEvent.click(await screen.findByRole('button', { name: 'Remove bob@example.com' }))
  await waitFor(() => expect(saved()).toEqual({ emails: ['ada@example.com'], version: 'r1' }))
})

test('says that owners receive alerts when there are no recipients', async () => {
  open({})
  expect(await screen.findByText(/Owners receive alerts/)).toBeVisible()
})

test('says which recipients have to confirm first, and how', async () => {
  open({}, [confirmed('ada@example.com'), pending('bob@example.com')])
  const [ada, bob] = await screen.findAllByRole('listitem')
  expect(ada).not.toHaveTextContent('Waiting for confirmation')
  expect(bob).toHaveTextContent('Waiting for confirmation')
  expect(screen.getByText('We sent a link to bob@example.com. Alerts start when they confirm.')).toBeVisible()
  expect(screen.queryByText(/link to ada@example.com/)).not.toBeInTheDocument()
  expect(screen.queryByText('Nobody gets alert emails yet')).not.toBeInTheDocument()
})

test('warns while no recipient has confirmed', async () => {
  open({}, [pending('bob@example.com')])
  expect(await screen.findByText('Nobody gets alert emails yet')).toBeVisible()
})

test('shows what is wrong with an email', async () => {
  const refusal = problem(400, 'invalid_request', 'bad', [
    { field: 'emails.0', code: 'invalid_email', message: '“nobody” is not an email address' },
  ])
  open({ [`PUT ${RECIPIENTS}`]: refusal })
  await add('nobody')
  expect(await screen.findByText('“nobody” is not an email address')).toBeVisible()
})

test('saves other thresholds', async () => {
  const saved = open({ [`PUT ${THRESHOLDS}`]: { body: { percents: [75, 95], is_default: false } } })
  await typeThresholds('75, 95%')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText('Thresholds saved')).toBeVisible()
  expect(saved()).toEqual({ percents: [75, 95], version: 'v1' })
})

test('says that somebody else changed the thresholds, and shows theirs', async () => {
  let thresholds: Thresholds = DEFAULT
  const saved = open({
    [`GET ${THRESHOLDS}`]: () => ({ body: thresholds }),
    [`PUT ${THRESHOLDS}`]: () => {
      thresholds = { percents: [60], is_default: false, version: 'v2' }
      return problem(409, 'changed_meanwhile', 'somebody else has changed this')
    },
  })
  await typeThresholds('75')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText(/^Somebody else changed this meanwhile\./)).toBeVisible()
  expect(saved()).toEqual({ percents: [75], version: 'v1' })
  expect(screen.getByLabelText('Percentages of a limit')).toHaveValue('60')
})

test('takes only whole numbers as thresholds', async () => {
  open({})
  await typeThresholds('75, most')
  expect(screen.getByText('Enter whole numbers, separated by commas.')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled()
})

test('shows what is wrong with a threshold', async () => {
  const refusal = problem(400, 'invalid_request', 'bad', [
    { field: 'percents.0', code: 'invalid', message: '1001 is above 1000' },
  ])
  open({ [`PUT ${THRESHOLDS}`]: refusal })
  await typeThresholds('1001')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText('1001 is above 1000')).toBeVisible()
})

test('resets thresholds to the default, and offers it only where they differ', async () => {
  let thresholds: Thresholds = { percents: [75], is_default: false, version: 'v0' }
  const saved = open({
    [`GET ${THRESHOLDS}`]: () => ({ body: thresholds }),
    [`PUT ${THRESHOLDS}`]: () => {
      thresholds = DEFAULT
      return { body: thresholds }
    },
  })
  await userEvent.click(await screen.findByRole('button', { name: 'Reset to default' }))
  expect(await screen.findByText('Thresholds reset to default')).toBeVisible()
  expect(saved()).toEqual({ percents: null, version: 'v0' })
  expect(screen.getByLabelText('Percentages of a limit')).toHaveValue('50, 80, 90, 100')
  expect(screen.queryByRole('button', { name: 'Reset to default' })).not.toBeInTheDocument()
})

test('lists past alerts', async () => {
  const alert = alertOf({ used: 41_000, limit: 50_000 })
  open({ 'GET /tenants/acme/alerts': { body: { alerts: [alert], next_cursor: null } } })
  expect(await screen.findByText('Tokens at 80%')).toBeVisible()
  expect(screen.getByText('41,000 of 50,000')).toBeVisible()
})
