// The way into the operator console, with the real router and guards.
import { QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createPath, RouterProvider } from 'react-router'
import { beforeEach, expect, test, vi } from 'vitest'

import { newQueryClient } from '@/lib/api/query-client'
import { publishSession } from '@/lib/session/store'
import { problem, serveApi, type Routes } from '@/testing/api'
import { OPERATOR, overviewOf, PLATFORM_PLANS } from '@/testing/platform'
import { unusedUsage } from '@/testing/tenants'

import { router } from './router'

const loaded = vi.hoisted(() => vi.fn())
vi.mock('@/features/platform/operator-console', async (importOriginal) => {
  loaded()
  return importOriginal()
})

const USER = { id: 'ada', email: 'ada@example.com', name: null }
const NOT_FOUND = problem(404, 'not_found', 'There is no such route.')
const CUSTOMER = { ...OPERATOR, is_operator: false }

beforeEach(() => loaded.mockClear())

async function visit(address: string, routes: Routes, emailVerified = true) {
  const requests = serveApi(routes)
  act(() => publishSession({ status: 'signed-in', user: { ...USER, emailVerified } }))
  await act(() => router.navigate(address))
  render(
    <QueryClientProvider client={newQueryClient()}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
  return requests
}

test.each(['/operator', '/operator/tenants/acme', '/operator/no/such/page'])(
  'anyone but an operator gets the page that is shown for no page at %s, and none of the console’s code',
  async (address) => {
    const requests = await visit(address, { 'GET /me': { body: CUSTOMER } })
    expect(await screen.findByRole('heading', { name: 'Page not found' })).toBeVisible()
    expect(screen.getByRole('link', { name: 'Go to usage' })).toBeVisible()
    expect(requests.map(({ path }) => path)).toEqual(['/me'])
    expect(loaded).not.toHaveBeenCalled()
  },
)

test('somebody with an unverified address has to confirm it first', async () => {
  const requests = await visit('/operator', {}, false)
  expect(await screen.findByRole('heading', { name: 'Confirm your email' })).toBeVisible()
  expect(requests.filter(({ path }) => path === '/me' || path.startsWith('/platform'))).toEqual([])
  expect(loaded).not.toHaveBeenCalled()
})

test('an operator gets the console, and the way to each of its pages', async () => {
  await visit('/operator', {
    'GET /me': { body: OPERATOR },
    'GET /platform/overview': { body: overviewOf() },
  })
  expect(await screen.findByRole('heading', { name: 'Overview', level: 1 })).toBeVisible()
  const pages = screen.getAllByRole('link', { name: /^(Overview|Tenants|Margins|Plans|Prices|System)$/ })
  expect(pages).toHaveLength(6)
  expect(loaded).toHaveBeenCalled()
})

test('an operator who is removed while a page is open gets the page that is shown for no page', async () => {
  let isOperator = true
  await visit('/operator', {
    'GET /me': () => ({ body: isOperator ? OPERATOR : CUSTOMER }),
    'GET /platform/overview': { body: overviewOf() },
    'GET /platform/plans': () => (isOperator ? { body: PLATFORM_PLANS } : NOT_FOUND),
  })
  expect(await screen.findByRole('heading', { name: 'Overview', level: 1 })).toBeVisible()
  isOperator = false
  await userEvent.click(screen.getByRole('link', { name: 'Plans' }))
  expect(await screen.findByRole('heading', { name: 'Page not found' })).toBeVisible()
  expect(screen.queryByRole('link', { name: 'Plans' })).not.toBeInTheDocument()
})

test('a page that the console does not have keeps its navigation', async () => {
  await visit('/operator/no-such-page', { 'GET /me': { body: OPERATOR } })
  expect(await screen.findByRole('heading', { name: 'Page not found' })).toBeVisible()
  expect(screen.getByRole('link', { name: 'Plans' })).toBeVisible()
})

test.each([
  ['', 'usage'],
  ['/settings/keys', 'usage'],
  ['/statement?month=2026-10', 'statement?month=2026-10'],
  ['/explain?from=a&to=b', 'explain?from=a&to=b'],
  ['/runs/a%2Fb?step=e1', 'runs/a%2Fb?step=e1'],
])(
  'a tenant’s page “%s” opened by an operator who is no member leads to the console',
  async (own, console) => {
    const usage = unusedUsage()
    await visit(`/t/acme${own}`, {
      'GET /me': { body: CUSTOMER },
      'GET /tenants/acme/usage': { body: { ...usage, tenant: { ...usage.tenant, role: null } } },
    })
    await waitFor(() => expect(createPath(router.state.location)).toBe(`/operator/tenants/acme/${console}`))
  },
)

test.each([
  [true, 1],
  [false, 0],
])('the account menu leads to the console if is_operator is %s', async (isOperator, links) => {
  await visit('/t/acme', {
    'GET /me': { body: { ...OPERATOR, is_operator: isOperator } },
    'GET /tenants/acme/usage': { body: unusedUsage() },
  })
  expect(await screen.findByRole('heading', { name: 'Usage', level: 1 })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: /^Account/ }))
  expect(await screen.findByRole('menuitem', { name: 'Sign out' })).toBeVisible()
  await waitFor(() =>
    expect(screen.queryAllByRole('menuitem', { name: 'Operator console' })).toHaveLength(links),
  )
})
