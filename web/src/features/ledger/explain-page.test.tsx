import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import type { Explanation } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { eventOf } from '@/testing/runs'
import { tenantOf } from '@/testing/tenants'
import { amounts } from '@/testing/usage'

import { ExplainPage } from './explain-page'

const EXPLAIN = 'GET /tenants/acme/usage/explain'
const QUESTION = 'from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z'
const sum = amounts({ calls: 3, cost_usd: '0.120000000', tokens: { total: 1500 } })

function explanationOf(changes: Partial<Explanation> = {}): Explanation {
  return {
    from: '2026-11-01T00:00:00Z',
    to: '2026-12-01T00:00:00Z',
    sum,
    sum_is_complete: true,
    kept_since: '2026-09-01T00:00:00Z',
    events: [eventOf()],
    next_cursor: null,
    ...changes,
  }
}

function show(routes: Routes, search = QUESTION) {
  const requests = serveApi(routes)
  const at = `/t/acme/explain?${search}`
  renderPage(<ExplainPage />, { at, path: 't/:tenant/explain', tenant: tenantOf('member') })
  return requests
}

const table = async () => within(await screen.findByRole('table', { name: 'Events' }))

test('shows the events of the number that was asked for, and leads to their runs', async () => {
  const events = [eventOf({ id: 'e1', run_id: 'a/b', user_id: 'ada' }), eventOf({ id: 'e2', run_id: null })]
  const requests = show(
    { [EXPLAIN]: { body: explanationOf({ events }) } },
    `${QUESTION}&provider=openai&model=gpt-4.1-mini`,
  )
  expect(await screen.findByText('ada')).toBeVisible()
  const [ofRun] = (await table()).getAllByRole('link')
  expect(ofRun).toHaveAttribute('href', '/t/acme/runs/a%2Fb?step=e1')
  expect(Object.fromEntries(requests[0]?.query ?? [])).toEqual({
    from: '2026-11-01T00:00:00Z',
    to: '2026-12-01T00:00:00Z',
    provider: 'openai',
    model: 'gpt-4.1-mini',
  })
  expect(screen.getByText(/^Usage of openai \/ gpt-4\.1-mini from /)).toBeVisible()
})

test('an event without a run is opened in place, where owners correct it', async () => {
  const event = eventOf({ id: 'e2', run_id: null, api_key: 'ab12' })
  serveApi({
    [EXPLAIN]: { body: explanationOf({ events: [event] }) },
    'GET /tenants/acme/api-keys': {
      body: { api_keys: [{ id: 'ab12', label: 'Agents', prefix: 'gwi_test_1234' }] },
    },
    'POST /tenants/acme/events/e2/void': { body: event },
  })
  const at = `/t/acme/explain?${QUESTION}`
  const { router } = renderPage(<ExplainPage />, { at, path: 't/:tenant/explain', tenant: tenantOf() })
  await userEvent.click(await (await table()).findByRole('link'))
  const opened = within(await screen.findByRole('dialog', { name: 'gpt-4.1-mini' }))
  expect(opened.getByText('Recorded without a run.')).toBeVisible()
  expect(await opened.findByText('gwi_test_1234…')).toBeVisible()
  expect(new URLSearchParams(router.state.location.search).get('event')).toBe('e2')
  await userEvent.click(opened.getByRole('button', { name: 'Void event' }))
  const asked = within(screen.getByRole('dialog', { name: 'Void this event?' }))
  await userEvent.type(asked.getByLabelText('Reason'), 'a load test')
  await userEvent.click(asked.getByRole('button', { name: 'Void event' }))
  await waitFor(() => expect(screen.queryByRole('dialog', { name: 'Void this event?' })).toBeNull())
  await userEvent.click(opened.getByRole('button', { name: 'Close' }))
  expect(router.state.location.search).toBe(`?${new URLSearchParams(QUESTION).toString()}`)
})

test('a sum that grows with the pages says so, and goes on by the cursor', async () => {
  const requests = show({
    [EXPLAIN]: ({ query }) =>
      query.get('cursor') === null
        ? { body: explanationOf({ sum_is_complete: false, next_cursor: 'next' }) }
        : { body: explanationOf({ events: [eventOf({ id: 'e2', user_id: 'bob' })] }) },
  })
  expect(await screen.findByText(/so far$/)).toBeVisible()
  await userEvent.click(await screen.findByRole('button', { name: 'Load more' }))
  expect(await screen.findByText('bob')).toBeVisible()
  expect(screen.queryByText(/so far$/)).toBeNull()
  expect(requests).toHaveLength(2)
})

test('an empty page with more to come offers to go on', async () => {
  show({ [EXPLAIN]: { body: explanationOf({ events: [], next_cursor: 'next' }) } })
  expect(await screen.findByRole('button', { name: 'Load more' })).toBeVisible()
})

test('says that events have expired which the number still counts', async () => {
  show({ [EXPLAIN]: { body: explanationOf({ kept_since: '2026-11-10T00:00:00Z', events: [] }) } })
  expect(await screen.findByText('Some events have expired')).toBeVisible()
  expect(screen.getByText('No events are left of this number.')).toBeVisible()
})

test('names that are HTML are text', async () => {
  const name = '<img src=x onerror=alert(1)>'
  show({
    [EXPLAIN]: { body: explanationOf({ events: [eventOf({ series: { provider: 'x', model: name } })] }) },
  })
  expect(await screen.findByText(name)).toBeVisible()
})

test('an address without a question says where to find one', async () => {
  const requests = show({}, 'provider=openai')
  expect(await screen.findByText('No number to explain')).toBeVisible()
  expect(requests).toEqual([])
})

test('a question that the API refuses shows why', async () => {
  show({ [EXPLAIN]: problem(422, 'invalid_input', 'from: an interval covers at most 31 days') })
  expect(await screen.findByText('from: an interval covers at most 31 days')).toBeVisible()
})
