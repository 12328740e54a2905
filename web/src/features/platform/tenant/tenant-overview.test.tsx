import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import type { PlatformTenant } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { budgetOf, usedOf } from '@/testing/budgets'
import { HTML_NAME, PLATFORM_PLANS, platformTenantOf, sumsOf } from '@/testing/platform'
import { renderPages } from '@/testing/render'

import { TenantFrame } from './tenant-frame'
import { TENANT_PAGES } from './tenant-pages'

const ACME = '/tenants/acme'
const CHANGED = problem(409, 'changed_meanwhile', 'the tenant has changed')

function show(tenant: PlatformTenant, routes: Routes = {}, at = '/operator/tenants/acme') {
  const requests = serveApi({
    [`GET ${ACME}`]: { body: tenant },
    [`GET ${ACME}/margins`]: { body: { months: [] } },
    [`GET ${ACME}/budgets`]: { body: { budgets: [], on_unreadable: 'closed' } },
    'GET /platform/plans': { body: PLATFORM_PLANS },
    ...routes,
  })
  const page = { path: '/operator/tenants/:tenant', element: <TenantFrame />, children: TENANT_PAGES }
  const changes = () => requests.filter(({ method }) => method !== 'GET')
  return { requests, changes, ...renderPages([page], at) }
}

const isRepair = (body: unknown) => (body as { repair: boolean }).repair

/** Open a dialog, fill in the reason, and press its button. */
async function decide(open: string, confirm: string, reason = 'by contract') {
  await userEvent.click(await screen.findByRole('button', { name: open }))
  const dialog = within(screen.getByRole('dialog'))
  await userEvent.type(dialog.getByLabelText('Reason'), reason)
  await userEvent.click(dialog.getByRole('button', { name: confirm }))
}

test('shows the plan, the limits, the billing and the margin of each month', async () => {
  const own_limits = { ...platformTenantOf().own_limits, tokens: 500_000 }
  const months = [{ ...sumsOf({ unpriced_calls: 3, is_complete: false }), month: '2026-11' }]
  show(platformTenantOf({ own_limits }), { [`GET ${ACME}/margins`]: { body: { months } } })
  expect(await screen.findByRole('heading', { name: 'Acme Inc.', level: 1 })).toBeVisible()
  expect(screen.getByText('starter, version 1')).toBeVisible()
  const limits = within(screen.getByRole('region', { name: 'Limits' }))
  expect(limits.getByText('Own').parentElement).toHaveTextContent('Own 500,000')
  const november = await screen.findByRole('row', { name: /November 2026/ })
  expect(november).toHaveTextContent(/Leaves out the provider cost of 3.unpriced calls/)
  expect(november).toHaveTextContent('at most -$11.00')
})

test('shows the budgets, and what checks answer while usage cannot be read', async () => {
  const body = { budgets: [budgetOf({ uses: [usedOf({ is_complete: false })] })], on_unreadable: 'open' }
  show(platformTenantOf(), { [`GET ${ACME}/budgets`]: { body } })
  const budgets = within(await screen.findByRole('region', { name: 'Budgets' }))
  const meter = await budgets.findByRole('meter', { name: 'All usage' })
  expect(meter).toHaveAttribute('aria-valuetext', '80% used, at least $400.129 of $500.00')
  expect(budgets.getByText('Checks are allowed while usage cannot be read.')).toBeVisible()
  expect(budgets.queryByRole('button')).not.toBeInTheDocument()
})

test('says that a tenant has no budgets, or why they are not known', async () => {
  let answer = problem(503, 'unavailable', 'Firestore does not answer')
  show(platformTenantOf(), { [`GET ${ACME}/budgets`]: () => answer })
  const budgets = within(await screen.findByRole('region', { name: 'Budgets' }))
  expect(await budgets.findByText('Firestore does not answer')).toBeVisible()
  answer = { status: 200, body: { budgets: [], on_unreadable: 'closed' } }
  await userEvent.click(budgets.getByRole('button', { name: 'Try again' }))
  expect(await budgets.findByText('No budgets.')).toBeVisible()
  expect(budgets.getByText('Checks are denied while usage cannot be read.')).toBeVisible()
})

test('shows a name with HTML in it as text', async () => {
  show(platformTenantOf({ name: HTML_NAME }))
  expect(await screen.findByRole('heading', { name: HTML_NAME })).toBeVisible()
  expect(document.querySelector('img')).toBeNull()
})

test('changes the plan for a reason, on the version that was read', async () => {
  const { changes } = show(platformTenantOf(), { [`PATCH ${ACME}`]: { body: platformTenantOf() } })
  await userEvent.click(await screen.findByRole('button', { name: 'Change plan' }))
  await screen.findByRole('option', { name: 'Free' })
  await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Plan' }), 'Free')
  await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Change plan' }))
  expect(changes()).toEqual([]) // without a reason
  await userEvent.type(screen.getByLabelText('Reason'), '  by contract ')
  await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Change plan' }))
  expect(await screen.findByText('Plan of Acme Inc. changed')).toBeVisible()
  expect(changes().map(({ body }) => body)).toEqual([{ plan: 'free', reason: 'by contract', version: 'v1' }])
})

test('warns the second of two operators, and offers what the first one left', async () => {
  let name = 'Acme Inc.'
  show(platformTenantOf(), {
    [`GET ${ACME}`]: () => ({ body: platformTenantOf({ name }) }),
    [`PUT ${ACME}/limits`]: CHANGED,
  })
  await decide('Set limits', 'Set limits')
  expect(await screen.findByText('Somebody else changed this meanwhile')).toBeVisible()
  expect(screen.getByText(/Your change was not saved/)).toBeVisible()
  name = 'Acme and Sons'
  await userEvent.click(screen.getByRole('button', { name: 'Reload' }))
  expect(await screen.findByRole('heading', { name: 'Set the limits of Acme and Sons' })).toBeVisible()
  expect(screen.queryByText('Somebody else changed this meanwhile')).not.toBeInTheDocument()
})

test('sets limits as they are typed, and leaves the empty ones to the plan', async () => {
  const { changes } = show(platformTenantOf(), { [`PUT ${ACME}/limits`]: { body: platformTenantOf() } })
  await userEvent.click(await screen.findByRole('button', { name: 'Set limits' }))
  await userEvent.type(screen.getByLabelText('Tokens per period'), '1,000,000')
  await userEvent.type(screen.getByLabelText('Runs per period'), 'unlimited')
  await userEvent.type(screen.getByLabelText('Provider cost per period, in USD'), '99.50')
  await userEvent.type(screen.getByLabelText('Reason'), 'by contract')
  await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Set limits' }))
  await screen.findByText('Limits of Acme Inc. set')
  expect(changes()[0]?.body).toEqual({
    tokens: 1_000_000,
    runs: 2 ** 53,
    provider_cost_usd: '99.50',
    requests_per_minute: null,
    soft_percent: null,
    hard_percent: null,
    reason: 'by contract',
    version: 'v1',
  })
})

test('gives a grant, and takes it back for a reason', async () => {
  const grant = {
    ...{ id: 'g1', plan: null, tokens: 100_000, runs: null, until: null },
    ...{ reason: 'the outage', granted_at: '2026-11-20T00:00:00Z' },
  }
  const { changes } = show(platformTenantOf({ grants: [grant] }), {
    [`POST ${ACME}/grants`]: { status: 201, body: grant },
    [`DELETE ${ACME}/grants/g1`]: { status: 204 },
  })
  await userEvent.click(await screen.findByRole('button', { name: 'Give grant' }))
  await userEvent.type(screen.getByLabelText('Tokens per period'), '100,000')
  await userEvent.type(screen.getByLabelText('Reason'), 'the outage')
  await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Give grant' }))
  await screen.findByText('Grant given to Acme Inc.')
  await decide('Revoke 100,000 tokens', 'Revoke grant', 'a mistake')
  await screen.findByText('Grant revoked')
  expect(changes().map(({ body, query }) => [body, query.get('reason')])).toEqual([
    [{ tokens: 100_000, until: null, reason: 'the outage' }, null],
    [undefined, 'a mistake'],
  ])
})

test.each([
  ['active', 'Suspend', 'Suspend tenant', 'suspend'],
  ['suspended', 'Resume', 'Resume tenant', 'resume'],
] as const)('a tenant that is %s: %s', async (status, open, confirm, route) => {
  const { changes } = show(platformTenantOf({ status }), {
    [`POST ${ACME}/${route}`]: { body: platformTenantOf() },
  })
  await decide(open, confirm, 'unpaid')
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument())
  expect(changes().map(({ path, body }) => [path, body])).toEqual([
    [`${ACME}/${route}`, { reason: 'unpaid' }],
  ])
})

test('ends a tenant only after its id was typed', async () => {
  const { changes } = show(platformTenantOf(), { [`POST ${ACME}/end`]: { body: platformTenantOf() } })
  await userEvent.click(await screen.findByRole('button', { name: 'End' }))
  await userEvent.type(screen.getByLabelText('Reason'), 'the contract has ended')
  await userEvent.type(screen.getByLabelText('Type acme to confirm'), 'acm')
  expect(screen.getByRole('button', { name: 'End tenant' })).toBeDisabled()
  await userEvent.type(screen.getByLabelText('Type acme to confirm'), 'e')
  await userEvent.click(screen.getByRole('button', { name: 'End tenant' }))
  await screen.findByText('Acme Inc. ended')
  expect(changes()[0]?.body).toEqual({ reason: 'the contract has ended' })
})

test('an ended tenant cannot be changed any more', async () => {
  show(platformTenantOf({ status: 'ended', ended_at: '2026-11-20T00:00:00Z' }))
  await screen.findByRole('heading', { name: 'Acme Inc.', level: 1 })
  expect(screen.getAllByRole('button').map(({ textContent }) => textContent)).toEqual(['Reconcile'])
})

test('shows what differs from Stripe before it repairs anything', async () => {
  const differences = ['status: active, at Stripe canceled']
  const { changes } = show(platformTenantOf(), {
    [`POST ${ACME}/reconcile`]: ({ body }) => ({
      body: isRepair(body)
        ? { differences, left: [], repaired: true }
        : { differences, left: differences, repaired: false },
    }),
  })
  await userEvent.click(await screen.findByRole('button', { name: 'Reconcile' }))
  expect(await screen.findByText('status: active, at Stripe canceled')).toBeVisible()
  expect(changes().map(({ body }) => body)).toEqual([{ repair: false }])
  await userEvent.type(screen.getByLabelText('Reason'), 'ticket 7')
  await userEvent.click(screen.getByRole('button', { name: 'Repair' }))
  await screen.findByText('Billing of Acme Inc. repaired')
  expect(changes()[1]?.body).toEqual({ repair: true, reason: 'ticket 7' })
})

test('says what a repair could not remove', async () => {
  const left = ['a second subscription sub_2']
  show(platformTenantOf(), {
    [`POST ${ACME}/reconcile`]: { body: { differences: left, left, repaired: false } },
  })
  await userEvent.click(await screen.findByRole('button', { name: 'Reconcile' }))
  await userEvent.type(await screen.findByLabelText('Reason'), 'ticket 7')
  await userEvent.click(screen.getByRole('button', { name: 'Repair' }))
  expect(await screen.findByRole('dialog', { name: 'Some differences are left' })).toBeVisible()
  expect(screen.getByText('a second subscription sub_2')).toBeVisible()
})

test('says that nothing differs from Stripe, or why it is not known', async () => {
  let answer = problem(503, 'billing_not_configured', 'This platform has no key of Stripe.')
  show(platformTenantOf(), { [`POST ${ACME}/reconcile`]: () => answer })
  await userEvent.click(await screen.findByRole('button', { name: 'Reconcile' }))
  expect(await screen.findByText('This platform has no key of Stripe.')).toBeVisible()
  answer = { status: 200, body: { differences: [], left: [], repaired: false } }
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByText(/Nothing differs/)).toBeVisible()
})

test('says that there is no such tenant', async () => {
  show(platformTenantOf(), { [`GET ${ACME}`]: problem(404, 'unknown_tenant', 'does not exist') })
  expect(await screen.findByRole('heading', { name: 'Tenant not found' })).toBeVisible()
})
