import { act, screen, within } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'

import { problem, serveApi, type Routes } from '@/testing/api'
import { PAID_INVOICE } from '@/testing/invoices'
import { platformTenantOf } from '@/testing/platform'
import { renderPages } from '@/testing/render'
import { eventOf, runOf } from '@/testing/runs'
import { statementOf } from '@/testing/statements'
import { usageOf } from '@/testing/usage'

import { TenantFrame } from './tenant-frame'
import { TENANT_PAGES } from './tenant-pages'

const ACME = '/tenants/acme'

afterEach(() => vi.useRealTimers())

function show(tab: string, routes: Routes) {
  const page = { path: '/operator/tenants/:tenant', element: <TenantFrame />, children: TENANT_PAGES }
  const requests = serveApi({ [`GET ${ACME}`]: { body: platformTenantOf() }, ...routes })
  renderPages([page], `/operator/tenants/acme/${tab}`)
  return requests
}

test('the usage page is the tenant’s own, read only and marked, and asks again', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const usage = usageOf()
  const over = usage.status && { ...usage.status, soft_limit_reached: true, hard_limit_reached: true }
  const open = { ...PAID_INVOICE, status: 'open', amount_paid: 0, amount_remaining: 2900 }
  const requests = show('usage', {
    [`GET ${ACME}/usage`]: { body: { ...usage, status: over, tenant: { ...usage.tenant, role: null } } },
    [`GET ${ACME}/usage/series`]: problem(503, 'unavailable', 'not asked here'),
    [`GET ${ACME}/alerts`]: { body: { alerts: [], next_cursor: null } },
    [`GET ${ACME}/invoices`]: { body: { invoices: [open], next_cursor: null } },
  })
  expect(await screen.findByText('You are viewing Acme Inc. as an operator. Read only.')).toBeVisible()
  expect(await screen.findByRole('meter', { name: 'Tokens' })).toBeVisible()
  expect(await screen.findByRole('heading', { name: 'Top models' })).toBeVisible()
  for (const name of ['Upgrade', 'See plans', 'Manage billing', 'Create key']) {
    expect(screen.queryByRole('button', { name })).not.toBeInTheDocument()
    expect(screen.queryByRole('link', { name })).not.toBeInTheDocument()
  }
  const asked = () => requests.filter(({ path }) => path === `${ACME}/usage`).length
  expect(asked()).toBe(1)
  await act(() => vi.advanceTimersByTimeAsync(30_000))
  expect(asked()).toBe(2)
})

test('the statement is the tenant’s own, and its months stay in the console', async () => {
  show('statement', {
    [`GET ${ACME}/usage`]: { body: usageOf() },
    [`GET ${ACME}/statement`]: { body: statementOf() },
  })
  expect(await screen.findByText('You are viewing Acme Inc. as an operator. Read only.')).toBeVisible()
  expect(await screen.findByRole('link', { name: 'October 2026' })).toHaveAttribute(
    'href',
    '/operator/tenants/acme/statement?month=2026-10',
  )
})

test('a run is the tenant’s own, and none of its events can be corrected', async () => {
  show('runs/run-1?step=event-1', {
    [`GET ${ACME}/usage`]: { body: usageOf() },
    [`GET ${ACME}/runs/run-1`]: { body: runOf() },
    [`GET ${ACME}/runs/run-1/tree`]: { body: { runs: [], is_cut: false } },
    [`GET ${ACME}/events`]: { body: { events: [eventOf()], next_cursor: null } },
  })
  expect(await screen.findByText('You are viewing Acme Inc. as an operator. Read only.')).toBeVisible()
  const step = await screen.findByRole('dialog')
  expect(within(step).getByText('event-1')).toBeVisible()
  expect(within(step).queryByRole('button', { name: 'Void' })).not.toBeInTheDocument()
})

test('invoices are shown, and not asked to be paid', async () => {
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      constructor(private readonly seen: (entries: { isIntersecting: boolean }[]) => void) {}
      observe = () => this.seen([{ isIntersecting: true }])
      disconnect = () => undefined
    },
  )
  const open = { ...PAID_INVOICE, status: 'open', amount_paid: 0, amount_remaining: 2900 }
  show('invoices', { [`GET ${ACME}/invoices`]: { body: { invoices: [open], next_cursor: null } } })
  expect(await screen.findByText('GWI-0001')).toBeVisible()
  expect(screen.getByRole('link', { name: /View invoice GWI-0001/ })).toBeVisible()
  expect(screen.queryByRole('link', { name: /^Pay/ })).not.toBeInTheDocument()
})

test('keys are shown by their prefix, without a way to change them', async () => {
  const key = {
    ...{ id: 'k1', label: 'Agents', prefix: 'gwi_live_ab12', scopes: ['usage:write'], status: 'active' },
    ...{ created_at: '2026-11-01T00:00:00Z', created_by: null },
    ...{ expires_at: null, revoked_at: null, last_used_at: null },
  }
  show('keys', { [`GET ${ACME}/api-keys`]: { body: { api_keys: [key] } } })
  expect(await screen.findByText('gwi_live_ab12…')).toBeVisible()
  expect(screen.queryByRole('button', { name: /Revoke|Rotate/ })).not.toBeInTheDocument()
})

test('members and invitations are one list', async () => {
  const member = {
    id: 'u1',
    email: 'ada@example.com',
    name: 'Ada',
    role: 'owner',
    joined_at: '2026-11-01T00:00:00Z',
  }
  const invitation = {
    ...{ id: 'i1', email: 'bob@example.com', role: 'member', invited_by: '' },
    ...{ invited_at: '2026-11-20T00:00:00Z', expires_at: '2026-12-04T00:00:00Z' },
  }
  show('members', { [`GET ${ACME}/members`]: { body: { members: [member], invites: [invitation] } } })
  expect(await screen.findByRole('row', { name: /Ada ?ada@example.com Owner Member/ })).toBeVisible()
  expect(screen.getByRole('row', { name: /bob@example.com Member Invited/ })).toBeVisible()
})

test('the audit log says who changed what, and why', async () => {
  const entry = {
    ...{ at: '2026-11-22T12:00:00Z', actor: 'operator:ada@example.com', actor_kind: 'operator' },
    ...{ action: 'tenant.suspended', before: null, after: 'suspended', reason: 'invoice 7' },
  }
  show('audit', { [`GET ${ACME}/audit`]: { body: { entries: [entry], next_cursor: null } } })
  const row = await screen.findByRole('row', { name: /tenant.suspended/ })
  expect(row).toHaveTextContent('operator:ada@example.com– → suspendedinvoice 7')
})

test.each([
  ['usage', 'usage', 'Could not load usage'],
  ['keys', 'api-keys', 'Could not load API keys'],
  ['members', 'members', 'Could not load members'],
  ['audit', 'audit', 'Could not load the audit log'],
])('%s that cannot be read say so', async (tab, route, title) => {
  show(tab, { [`GET ${ACME}/${route}`]: problem(503, 'unavailable', 'Firestore does not answer') })
  expect(await screen.findByRole('heading', { name: title })).toBeVisible()
})
