import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, it, vi } from 'vitest'

import type { RefusedRuns, Role } from '@/lib/api/types'
import { problem, serveApi } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { tenantOf } from '@/testing/tenants'

import { RefusedRunsNotice } from './refused-runs'

const OF_BUDGET: RefusedRuns = {
  code: 'budget_exceeded',
  scope: 'budget:users',
  value: 'ann',
  count: 2,
  last_at: '2026-11-22T12:00:00Z',
  reason: "Budget users for 'ann' allows $5.00 a day, and $5.00 is used.",
  metric: 'cost',
  limit: '5.00',
  resets_at: '2026-11-23T00:00:00Z',
}
const OF_PLAN: RefusedRuns = {
  ...OF_BUDGET,
  ...{ code: 'token_limit_exceeded', scope: 'plan', value: null, count: 1 },
  ...{ reason: 'The plan allows 500,000 tokens.', metric: 'tokens', limit: '500000' },
}

afterEach(() => vi.unstubAllGlobals())

function open(refused: RefusedRuns[], role: Role = 'owner') {
  const requests = serveApi({ 'GET /tenants/acme/refusals': { body: { day: '2026-11-22', refused } } })
  const tenant = { ...tenantOf(), role }
  renderPage(<RefusedRunsNotice tenant={tenant} />, { tenant })
  return requests
}

it('is not there while nothing was refused', async () => {
  const requests = open([])
  await vi.waitFor(() => expect(requests).toHaveLength(1))
  expect(screen.queryByText(/refused/)).not.toBeInTheDocument()
})

it('says how many runs were refused, by which limits, and where they are raised', async () => {
  open([OF_BUDGET, OF_PLAN])
  expect(await screen.findByText('3 requests for runs were refused today')).toBeVisible()
  expect(screen.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
    expect.stringMatching(/^Budget users for 'ann' allows .+ is used\. 2 refused, last .+\.$/),
    expect.stringMatching(/^The plan allows 500,000 tokens\. 1 refused, last .+\.$/),
  ])
  expect(screen.getByRole('link', { name: 'See budgets' })).toHaveAttribute(
    'href',
    '/t/acme/settings/budgets',
  )
  expect(screen.getByRole('link', { name: 'See plans' })).toHaveAttribute('href', '/t/acme/upgrade')
})

it('leads nobody to plans for a budget', async () => {
  open([{ ...OF_BUDGET, count: 1 }])
  expect(await screen.findByText('1 request for a run was refused today')).toBeVisible()
  expect(screen.queryByRole('link', { name: 'See plans' })).not.toBeInTheDocument()
})

it('says whom a member has to ask', async () => {
  open([OF_BUDGET], 'member')
  expect(await screen.findByText('Ask an owner or admin of Acme to raise it.')).toBeVisible()
  expect(screen.queryByRole('link')).not.toBeInTheDocument()
})

it('shows three limits and counts the others', async () => {
  open(['a', 'b', 'c', 'd', 'e'].map((id) => ({ ...OF_BUDGET, scope: `budget:${id}` })))
  expect(await screen.findByText('2 more limits refused runs.')).toBeVisible()
})

it('says when it could not be loaded, and tries again', async () => {
  const requests = serveApi({ 'GET /tenants/acme/refusals': problem(500, 'internal_error', 'No.') })
  renderPage(<RefusedRunsNotice tenant={tenantOf()} />, { tenant: tenantOf() })
  await screen.findByText('Could not load which runs were refused')
  const before = requests.length
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(requests.length).toBeGreaterThan(before)
})
