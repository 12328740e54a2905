import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, test } from 'vitest'

import type { Run } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { runOf } from '@/testing/runs'
import { tenantOf } from '@/testing/tenants'
import { usageOf } from '@/testing/usage'

import { RunsPage } from './runs-page'

const RUNS = 'GET /tenants/acme/runs'
const TOP = { 'GET /tenants/acme/usage/top': { body: { names: [] } } }
const HTML = '<img src=x onerror=alert(1)>'
const page = (runs: Run[], next_cursor: string | null = null) => ({ body: { runs, next_cursor } })

function show(routes: Routes, at = '/t/acme/runs') {
  const requests = serveApi({ ...TOP, ...routes })
  const usage = usageOf({ tag_names: ['team'] })
  const view = renderPage(<RunsPage />, {
    at,
    path: '/t/acme/runs',
    tenant: { ...tenantOf('member'), usage },
  })
  const asked = () =>
    requests.filter(({ path }) => path === '/tenants/acme/runs').map(({ query }) => query.toString())
  return { ...view, requests, asked, address: () => view.router.state.location.search }
}

it('shows status, duration, user, workflow, calls, errors, tokens and cost of each run, in the order of the API', async () => {
  const old = runOf({ id: 'old', unpriced_calls: 3, cost_status: 'incomplete', errors: 7 })
  const unknown = runOf({ unpriced_calls: 1, cost_usd: '0.00', cost_status: 'unknown' })
  const fresh = runOf({ id: 'new', status: 'open', user_id: 'ada', workflow_id: HTML })
  show({ [RUNS]: page([fresh, old, unknown]) })
  const rows = (await screen.findAllByRole('rowheader')).map((header) => header.closest('tr'))
  expect(rows[0]).toHaveTextContent(/new.*In progress.*10 s.*ada<img.*30.*1\.8K.*\$0\.12/)
  expect(rows[1]).toHaveTextContent(/old.*Completed.*–.*–.*37.*at least \$0\.123 unpriced calls$/)
  expect(rows[2]).toHaveTextContent(/unknown1 unpriced call$/)
  expect(rows[2]).not.toHaveTextContent('$')
  expect(document.querySelector('img')).toBeNull()
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
  const { requests } = show({
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
  const failure = await screen.findByRole('alert')
  expect(failure).toHaveTextContent('Firestore does not answer')
  expect(failure).toHaveTextContent('unavailable')
  isAway = false
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByText('run-1')).toBeVisible()
})

it('asks for what the address says, and keeps each choice in it', async () => {
  const { asked, address } = show(
    { [RUNS]: page([runOf()]) },
    '/t/acme/runs?status=failed&from=2026-11-01&to=2026-11-20',
  )
  await screen.findByText('run-1')
  expect(asked()).toEqual(['status=failed&from=2026-11-01&to=2026-11-21&tz=UTC'])
  expect(screen.getByLabelText('Filter')).toHaveDisplayValue('Failed')
  await userEvent.selectOptions(screen.getByLabelText('Sort by'), 'Highest cost')
  await waitFor(() => expect(address()).toBe('?status=failed&from=2026-11-01&to=2026-11-20&sort=cost'))
  await waitFor(() =>
    expect(asked().at(-1)).toBe('status=failed&sort=cost&from=2026-11-01&to=2026-11-21&tz=UTC'),
  )
  await userEvent.selectOptions(screen.getByLabelText('Started'), 'Any time')
  await waitFor(() => expect(address()).toBe('?status=failed&sort=cost'))
})

test('the costly run of a period is the first one that the usage page leads to', async () => {
  const { asked } = show(
    { [RUNS]: page([runOf()]) },
    '/t/acme/runs?sort=cost&from=2026-11-01T00%3A00%3A00Z&to=2026-12-01T00%3A00%3A00Z',
  )
  await screen.findByText('run-1')
  expect(new URLSearchParams(asked()[0]).get('to')).toBe('2026-12-01T00:00:00Z')
  expect(screen.getByLabelText('Started')).toHaveDisplayValue('1 Nov 2026 – 30 Nov 2026')
})

it('takes one filter at a time, and asks for the whole name of a user', async () => {
  const { asked, address } = show({ [RUNS]: page([runOf()]) }, '/t/acme/runs?status=failed&sort=cost')
  await screen.findByText('run-1')
  await userEvent.selectOptions(screen.getByLabelText('Filter'), 'User…')
  expect(screen.getByLabelText('Name of the user')).toHaveFocus()
  await userEvent.keyboard(`${HTML}{Enter}`)
  await waitFor(() => expect(new URLSearchParams(address()).get('user_id')).toBe(HTML))
  expect(new URLSearchParams(address()).get('status')).toBeNull()
  await waitFor(() => expect(new URLSearchParams(asked().at(-1)).get('user_id')).toBe(HTML))
  await userEvent.selectOptions(screen.getByLabelText('Filter'), 'Tag: team…')
  await userEvent.type(screen.getByLabelText('Name of the team'), 'search{Enter}')
  await waitFor(() => expect(address()).toBe('?sort=cost&tag=team%3Asearch'))
})

it('leaves out an order that the chosen status does not have', async () => {
  const { address } = show({ [RUNS]: page([runOf()]) }, '/t/acme/runs?sort=duration')
  await screen.findByText('run-1')
  await userEvent.selectOptions(screen.getByLabelText('Filter'), 'Timed out')
  await waitFor(() => expect(address()).toBe('?status=timed_out'))
  await userEvent.selectOptions(screen.getByLabelText('Sort by'), 'Longest')
  await waitFor(() => expect(address()).toBe('?sort=duration'))
})

it('leads from a name in a row to the runs of that name', async () => {
  show({ [RUNS]: page([runOf({ user_id: 'ada' })]) }, '/t/acme/runs?status=failed&sort=cost')
  expect(await screen.findByRole('link', { name: 'ada' })).toHaveAttribute(
    'href',
    '/t/acme/runs?sort=cost&user_id=ada',
  )
})

it('searches by the beginning of an id alone', async () => {
  const { asked, address } = show({ [RUNS]: page([runOf()]) }, '/t/acme/runs?status=failed&sort=cost')
  await screen.findByText('run-1')
  await userEvent.type(screen.getByLabelText('Search runs'), 'run-')
  await waitFor(() => expect(address()).toBe('?id=run-'))
  await waitFor(() => expect(asked().at(-1)).toBe('id=run-'))
  expect(screen.getByLabelText('Sort by')).toBeDisabled()
  await userEvent.clear(screen.getByLabelText('Search runs'))
  await waitFor(() => expect(address()).toBe(''))
})

it('says that no run matches, and why a list by duration may be empty', async () => {
  show({ [RUNS]: page([]) }, '/t/acme/runs?sort=duration')
  expect(await screen.findByText('No run matches')).toBeVisible()
  expect(screen.getByText(/ended/)).toBeVisible()
  expect(screen.getByRole('link', { name: 'Clear filters' })).toHaveAttribute('href', '/t/acme/runs')
})

it('shows what the API says of an address with filters that contradict each other', async () => {
  const message = 'user_id: leave out status: runs have one filter at a time'
  show({ [RUNS]: problem(422, 'invalid_input', message) }, '/t/acme/runs?status=failed&user_id=ada')
  expect(await screen.findByRole('alert')).toHaveTextContent(message)
  expect(screen.getByRole('link', { name: 'Clear filters' })).toBeVisible()
})
