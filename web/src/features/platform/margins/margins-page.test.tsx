import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import { problem, serveApi } from '@/testing/api'
import { HTML_NAME, marginsOf, PLATFORM_PLANS, sumsOf } from '@/testing/platform'
import { renderPage } from '@/testing/render'
import type { Margins } from '@/lib/api/types'

import { MarginsPage } from './margins-page'

function show(margins: Margins, at = '/operator/margins') {
  const requests = serveApi({
    'GET /platform/margins': { body: margins },
    'GET /platform/plans': { body: PLATFORM_PLANS },
  })
  const { router } = renderPage(<MarginsPage />, { at, path: '/operator/margins' })
  const asked = () =>
    requests.filter(({ path }) => path === '/platform/margins').map(({ query }) => query.toString())
  return { asked, router }
}

test('shows the margin of the month in total, by plan and by tenant, each with the way to it', async () => {
  const { asked } = show(marginsOf())
  expect(await screen.findByRole('link', { name: /Acme Inc/ })).toHaveAttribute(
    'href',
    '/operator/tenants/acme',
  )
  expect(screen.getByRole('region', { name: 'Total of November 2026' })).toHaveTextContent('-$11.00')
  expect(screen.getByRole('row', { name: /^starter 1 \$29.00 \$40.00 -\$11.00/ })).toBeVisible()
  expect(asked()).toEqual([''])
})

test('says what is missing, in the total and in each row', async () => {
  const open = sumsOf({ unpriced_calls: 5, other_currency_invoices: 2, is_complete: false })
  const [tenant] = marginsOf().tenants
  show(
    marginsOf({
      total: { ...open, tenants: 1 },
      plans: [{ ...open, plan: 'starter', tenants: 1 }],
      tenants: tenant ? [{ ...tenant, ...open, name: HTML_NAME }] : [],
    }),
  )
  expect(await screen.findByText(HTML_NAME)).toBeVisible()
  expect(document.querySelector('img')).toBeNull()
  const missing = /Leaves out the provider cost of 5.unpriced calls and 2 invoices in other currencies/
  expect(screen.getAllByText(missing)).toHaveLength(3)
  expect(screen.getByRole('row', { name: /<img/ })).toHaveTextContent('at least $29.00')
  expect(screen.getByRole('row', { name: /<img/ })).toHaveTextContent('about -$11.00')
})

test('keeps month, plan and order in the address', async () => {
  const { asked, router } = show(marginsOf(), '/operator/margins?month=2024-02&cursor=c1')
  await screen.findByRole('option', { name: 'Starter' })
  expect(screen.getByLabelText('Month')).toHaveDisplayValue('February 2024')
  await userEvent.selectOptions(screen.getByLabelText('Plan'), 'Starter')
  await userEvent.selectOptions(screen.getByLabelText('Sort by'), 'Highest provider cost')
  await waitFor(() => expect(router.state.location.search).toBe('?month=2024-02&plan=starter&sort=cost'))
  await waitFor(() => expect(asked().at(-1)).toBe('month=2024-02&plan=starter&sort=cost'))
})

test('says that a month has no margins, and what failed', async () => {
  show(marginsOf({ tenants: [], plans: [] }))
  expect(await screen.findByText('No margins for this month')).toBeVisible()
  serveApi({
    'GET /platform/margins': problem(400, 'invalid_request', 'month is no month'),
    'GET /platform/plans': { body: PLATFORM_PLANS },
  })
  renderPage(<MarginsPage />, { at: '/operator/margins?month=x', path: '/operator/margins' })
  expect(await screen.findByText('month is no month')).toBeVisible()
})
