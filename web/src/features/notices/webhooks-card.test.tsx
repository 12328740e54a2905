import { act, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'

import type { Delivery, Endpoint } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { tenantOf } from '@/testing/tenants'

import { WebhooksCard } from './webhooks-card'

const ENDPOINTS = '/tenants/acme/alert-endpoints'
const DELIVERIES = `${ENDPOINTS}/e1/deliveries`
const URL = 'https://hooks.example.com/usage'
const SECRET = 'whsec_c2VjcmV0'

const endpointOf = (changes: Partial<Endpoint> = {}): Endpoint => ({
  id: 'e1',
  url: URL,
  format: 'json',
  status: 'enabled',
  failing_since: null,
  disabled_at: null,
  created_at: '2026-11-01T00:00:00Z',
  created_by: 'ada@example.com',
  previous_secret_until: null,
  ...changes,
})
const deliveryOf = (changes: Partial<Delivery> = {}): Delivery => ({
  id: 'd1',
  message_id: 'msg_1',
  type: 'endpoint.test',
  status: 'delivered',
  attempts: 1,
  created_at: '2026-11-22T12:00:00Z',
  next_attempt_at: null,
  last_answer: '200 OK',
  ...changes,
})
const pageOf = (...deliveries: Delivery[]) => ({ body: { deliveries, next_cursor: null } })

function open(endpoints: Endpoint[], routes: Routes = {}) {
  const requests = serveApi({ [`GET ${ENDPOINTS}`]: { body: { endpoints } }, ...routes })
  renderPage(<WebhooksCard />, { tenant: tenantOf() })
  return requests
}

const press = async (name: string) => userEvent.click(await screen.findByRole('button', { name }))
const inDialog = () => within(screen.getByRole('dialog'))

afterEach(() => vi.useRealTimers())

test('adds a webhook, and shows its secret once', async () => {
  const requests = open([], {
    [`POST ${ENDPOINTS}`]: {
      status: 201,
      body: { endpoint: endpointOf({ format: 'slack' }), secret: SECRET },
    },
  })
  expect(await screen.findByText('No webhooks')).toBeVisible()
  await press('Add webhook')
  await userEvent.type(screen.getByLabelText('URL'), ` ${URL} `)
  await userEvent.selectOptions(screen.getByLabelText('Format'), 'Slack')
  await userEvent.click(inDialog().getByRole('button', { name: 'Add webhook' }))
  expect(await screen.findByText(SECRET)).toBeVisible()
  expect(requests.find(({ method }) => method === 'POST')?.body).toEqual({ url: URL, format: 'slack' })
  await press('Done')
  expect(screen.queryByText(SECRET)).not.toBeInTheDocument()
})

test('shows at the URL why it is refused', async () => {
  const refusal = problem(400, 'invalid_request', 'bad', [
    { field: 'url', code: 'invalid_url', message: 'url must begin with https://' },
  ])
  open([], { [`POST ${ENDPOINTS}`]: refusal })
  expect(await screen.findByText('No webhooks')).toBeVisible()
  await press('Add webhook')
  await userEvent.type(screen.getByLabelText('URL'), 'ftp://hooks.example.com')
  await userEvent.click(inDialog().getByRole('button', { name: 'Add webhook' }))
  expect(await screen.findByText('url must begin with https://')).toBeVisible()
  expect(screen.getByLabelText('URL')).toHaveAttribute('aria-invalid', 'true')
})

test('takes no eleventh webhook, and says so', async () => {
  open(Array.from({ length: 10 }, (_, index) => endpointOf({ id: `e${index}` })))
  expect(await screen.findByText(/A tenant can have 10 webhooks/)).toBeVisible()
  expect(screen.getByRole('button', { name: 'Add webhook' })).toBeDisabled()
})

test.each<[Partial<Endpoint>, RegExp]>([
  [{ status: 'enabled' }, /Enabled/],
  [{ status: 'failing', failing_since: '2026-11-20T10:00:00Z' }, /Failing since \d+ Nov 2026/],
  [{ status: 'disabled', disabled_at: '2026-11-23T10:00:00Z' }, /Disabled on \d+ Nov 2026/],
])('shows the status of a webhook: %o', async (changes, text) => {
  open([endpointOf(changes)])
  expect(await screen.findByRole('listitem')).toHaveTextContent(text)
})

test('enables a disabled webhook again, and sends no test to it before', async () => {
  const requests = open([endpointOf({ status: 'disabled', disabled_at: '2026-11-23T10:00:00Z' })], {
    [`POST ${ENDPOINTS}/e1/enable`]: { body: { endpoint: endpointOf() } },
  })
  await press(`Re-enable ${URL}`)
  expect(await screen.findByText('Webhook enabled')).toBeVisible()
  expect(requests.some(({ path }) => path === `${ENDPOINTS}/e1/enable`)).toBe(true)
  expect(screen.queryByRole('button', { name: `Send test to ${URL}` })).not.toBeInTheDocument()
})

test('says that the old secret signs too before it makes a new one', async () => {
  open([endpointOf()], {
    [`POST ${ENDPOINTS}/e1/secret`]: { body: { endpoint: endpointOf(), secret: SECRET } },
  })
  await press(`Rotate secret of ${URL}`)
  expect(inDialog().getByText(/The old secret signs too for 24 hours/)).toBeVisible()
  expect(screen.queryByText(SECRET)).not.toBeInTheDocument()
  await userEvent.click(inDialog().getByRole('button', { name: 'Rotate secret' }))
  expect(await screen.findByText(SECRET)).toBeVisible()
})

test('asks before it deletes a webhook', async () => {
  const requests = open([endpointOf()], { [`DELETE ${ENDPOINTS}/e1`]: { status: 204 } })
  await press(`Delete ${URL}`)
  expect(requests.some(({ method }) => method === 'DELETE')).toBe(false)
  await userEvent.click(inDialog().getByRole('button', { name: 'Delete webhook' }))
  expect(await screen.findByText('Webhook deleted')).toBeVisible()
})

test('sends a test, and shows its delivery', async () => {
  const test = deliveryOf({
    status: 'pending',
    attempts: 0,
    last_answer: null,
    next_attempt_at: '2026-11-22T12:00:00Z',
  })
  open([endpointOf()], {
    [`POST ${ENDPOINTS}/e1/test`]: { status: 202, body: { delivery: test } },
    [`GET ${DELIVERIES}`]: pageOf(test),
  })
  await press(`Send test to ${URL}`)
  expect(await screen.findByText('We send the test within about a minute')).toBeVisible()
  const table = await screen.findByRole('table', { name: `Deliveries to ${URL}` })
  expect(await within(table).findByText('Pending')).toBeVisible()
  expect(within(table).getByText('None yet')).toBeVisible()
})

test('says why no test can be sent', async () => {
  open([endpointOf()], { [`POST ${ENDPOINTS}/e1/test`]: problem(429, 'too_many_tests', 'Wait a minute.') })
  await press(`Send test to ${URL}`)
  expect(await screen.findByText('Wait a minute.')).toBeVisible()
})

test('shows deliveries with their last answer and next attempt', async () => {
  const failed = deliveryOf({
    id: 'd2',
    type: 'limit.warning',
    status: 'failed',
    attempts: 12,
    last_answer: '500 Internal Server Error: down',
  })
  open([endpointOf()], { [`GET ${DELIVERIES}`]: pageOf(failed, deliveryOf()) })
  await press(`Deliveries to ${URL}`)
  const row = await screen.findByRole('row', { name: /limit\.warning/ })
  expect(within(row).getByText('Failed')).toBeVisible()
  expect(within(row).getByText('12')).toBeVisible()
  expect(within(row).getByText('500 Internal Server Error: down')).toBeVisible()
  expect(within(row).getByText('None')).toBeVisible()
})

test('asks for deliveries again only while one is pending, and for the status that they left', async () => {
  vi.useFakeTimers()
  const answers = [
    pageOf(deliveryOf({ status: 'pending', attempts: 0 })),
    pageOf(deliveryOf({ status: 'pending', attempts: 0 })),
    pageOf(deliveryOf()),
  ]
  let asked = 0
  const requests = open([endpointOf()], {
    [`GET ${DELIVERIES}`]: () => answers[Math.min(asked++, 2)] ?? {},
  })
  const pass = (time_ms: number) => act(() => vi.advanceTimersByTimeAsync(time_ms))
  const statusRequests = () => requests.filter(({ path }) => path === ENDPOINTS).length
  await pass(10)
  act(() => screen.getByRole('button', { name: `Deliveries to ${URL}` }).click())
  await pass(10)
  const statusAsked = statusRequests()
  await pass(5_100)
  expect(asked).toBe(2)
  expect(statusRequests()).toBe(statusAsked)
  await pass(5_100)
  expect(screen.getByText('Delivered')).toBeInTheDocument()
  expect(statusRequests()).toBe(statusAsked + 1)
  await pass(3_600_000)
  expect(asked).toBe(3)
})
