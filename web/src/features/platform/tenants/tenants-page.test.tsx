import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import type { TenantRow } from '@/lib/api/types'
import { problem, serveApi } from '@/testing/api'
import { HTML_NAME, PLATFORM_PLANS, rowOf } from '@/testing/platform'
import { renderPage } from '@/testing/render'

import { TenantsPage } from './tenants-page'

const ROUTE = 'GET /tenants'
const PLANS = { 'GET /platform/plans': { body: PLATFORM_PLANS } }

function show(rows: TenantRow[], { next = null as string | null, at = '/operator/tenants' } = {}) {
  const requests = serveApi({ [ROUTE]: { body: { tenants: rows, next_cursor: next } }, ...PLANS })
  const asked = () => requests.filter(({ path }) => path === '/tenants').map(({ query }) => query.toString())
  return { asked, ...renderPage(<TenantsPage />, { at, path: '/operator/tenants' }) }
}

test('lists tenants, each with the way to it', async () => {
  show([
    rowOf(),
    rowOf({
      id: 'late',
      name: 'Late Inc.',
      status: 'suspended',
      past_due: true,
      has_second_subscription: true,
      usage: null,
    }),
  ])
  expect(await screen.findByRole('link', { name: /Acme Inc/ })).toHaveAttribute(
    'href',
    '/operator/tenants/acme',
  )
  const late = screen.getByRole('row', { name: /Late Inc/ })
  expect(late).toHaveTextContent('SuspendedPast dueSecond subscriptionNot read yet')
  expect(screen.getByRole('row', { name: /Acme Inc/ })).toHaveTextContent('90%')
})

test('shows a name with HTML in it as text', async () => {
  show([rowOf({ name: HTML_NAME })])
  expect(await screen.findByText(HTML_NAME)).toBeVisible()
  expect(document.querySelector('img')).toBeNull()
})

test('asks for what the address says, and keeps each choice in it', async () => {
  const { asked, router } = show([rowOf()], { at: '/operator/tenants?status=active&cursor=c1' })
  await screen.findByText('Acme Inc.')
  expect(asked()).toEqual(['status=active&cursor=c1'])
  await screen.findByRole('option', { name: 'Starter' })
  await userEvent.selectOptions(screen.getByLabelText('Plan'), 'Starter')
  await userEvent.click(screen.getByLabelText('Over 80%'))
  await waitFor(() => expect(router.state.location.search).toBe('?status=active&plan=starter&over_80=true'))
  await waitFor(() => expect(asked().at(-1)).toBe('plan=starter&status=active&over_80=true'))
})

test('searches once the reader pauses, by name alone', async () => {
  const { asked, router } = show([rowOf()], { at: '/operator/tenants?sort=usage' })
  await userEvent.type(screen.getByLabelText('Search tenants'), 'acme')
  await waitFor(() => expect(router.state.location.search).toBe('?q=acme'))
  await waitFor(() => expect(asked()).toEqual(['sort=usage', 'q=acme']))
  expect(screen.getByLabelText('Search tenants')).toHaveFocus()
  expect(screen.getByLabelText('Sort by')).toBeDisabled()
})

test('leads from page to page and back, by the address', async () => {
  const { asked, router } = show([rowOf()], { next: 'c2', at: '/operator/tenants?plan=free' })
  await userEvent.click(await screen.findByRole('link', { name: 'Next page' }))
  expect(router.state.location.search).toBe('?plan=free&cursor=c2')
  await waitFor(() => expect(asked().at(-1)).toBe('plan=free&cursor=c2'))
  await userEvent.click(await screen.findByRole('button', { name: 'Previous page' }))
  await waitFor(() => expect(router.state.location.search).toBe('?plan=free'))
})

test('a page that is opened by its address leads to the first one', async () => {
  show([rowOf()], { at: '/operator/tenants?plan=free&cursor=c2' })
  expect(await screen.findByRole('link', { name: 'First page' })).toHaveAttribute(
    'href',
    '/operator/tenants?plan=free',
  )
})

test('distinguishes no tenants, no matches, and no matches on this page', async () => {
  const { unmount } = show([])
  expect(await screen.findByText('No tenants yet')).toBeVisible()
  unmount()
  const filtered = show([], { at: '/operator/tenants?q=nobody' })
  expect(await screen.findByText('No tenant matches')).toBeVisible()
  filtered.unmount()
  show([], { next: 'c2', at: '/operator/tenants?past_due=true' })
  expect(await screen.findByText('No matches on this page')).toBeVisible()
  expect(screen.getByRole('link', { name: 'Next page' })).toBeVisible()
})

test('says what is wrong with the address, and leads out of it', async () => {
  serveApi({ [ROUTE]: problem(400, 'invalid_cursor', 'the cursor belongs to other filters'), ...PLANS })
  const { router } = renderPage(<TenantsPage />, {
    at: '/operator/tenants?cursor=x',
    path: '/operator/tenants',
  })
  expect(await screen.findByText('the cursor belongs to other filters')).toBeVisible()
  await userEvent.click(screen.getByRole('link', { name: 'Clear filters' }))
  expect(router.state.location.search).toBe('')
})
