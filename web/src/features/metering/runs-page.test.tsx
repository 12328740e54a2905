import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it } from 'vitest'

import type { Run } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { runOf } from '@/testing/runs'
import { tenantOf } from '@/testing/tenants'

import { RunsPage } from './runs-page'

const RUNS = 'GET /tenants/acme/runs'
const page = (runs: Run[], next_cursor: string | null = null) => ({ body: { runs, next_cursor } })

function show(routes: Routes) {
  const requests = serveApi(routes)
  renderPage(<RunsPage />, { tenant: tenantOf('member') })
  return requests
}

it('tells status, duration, tokens and cost of each run, in the order of the API', async () => {
  const old = runOf({ id: 'old', unpriced_calls: 3, cost_status: 'incomplete' })
  const unknown = runOf({ unpriced_calls: 1, cost_usd: '0.00', cost_status: 'unknown' })
  show({ [RUNS]: page([runOf({ id: 'new', status: 'open' }), old, unknown]) })
  const rows = (await screen.findAllByRole('rowheader')).map((header) => header.closest('tr'))
  expect(rows[0]).toHaveTextContent(/new.*In progress.*10 s.*1\.8K.*\$0\.12/)
  expect(rows[1]).toHaveTextContent(/old.*Completed.*at least \$0\.123 unpriced calls$/)
  expect(rows[2]).toHaveTextContent(/unknown1 unpriced call$/)
  expect(rows[2]).not.toHaveTextContent('$')
})

it('leads to a run, whatever its id holds', async () => {
  show({ [RUNS]: page([runOf({ id: 'a/<b>%' })]) })
  expect(await screen.findByRole('link', { name: /a\/<b>%/ })).toHaveAttribute(
    'href',
    '/t/acme/runs/a%2F%3Cb%3E%25',
  )
})

it('shows more on demand, by the cursor', async () => {
  const many = Array.from({ length: 50 }, (_, index) => runOf({ id: `run-${index}` }))
  const requests = show({
    [RUNS]: ({ query }) => (query.has('cursor') ? page([runOf({ id: 'oldest' })]) : page(many, 'next')),
  })
  await userEvent.click(await screen.findByRole('button', { name: 'Load more' }))
  expect(await screen.findByText('oldest')).toBeVisible()
  expect(requests.map(({ query }) => query.get('cursor'))).toEqual([null, 'next'])
  expect(screen.queryByRole('button', { name: 'Load more' })).toBeNull()
})

it('says how a run appears when there is none', async () => {
  show({ [RUNS]: page([]) })
  expect(await screen.findByText('No runs yet')).toBeVisible()
  expect(screen.getByRole('link', { name: 'See how to send an event' })).toHaveAttribute('href', '/t/acme')
})

it('says that the runs could not be read, and reads them again', async () => {
  let isAway = true
  show({
    [RUNS]: () => (isAway ? problem(503, 'unavailable', 'Firestore does not answer') : page([runOf()])),
  })
  expect(await screen.findByRole('alert')).toHaveTextContent('Firestore does not answer')
  isAway = false
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByText('run-1')).toBeVisible()
})
