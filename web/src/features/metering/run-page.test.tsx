import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'

import type { Run, UsageEvent } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { eventOf, runOf } from '@/testing/runs'
import { tenantOf } from '@/testing/tenants'

import { RunPage } from './run-page'
import { runPath } from './run-address'

const EVENTS = 'GET /tenants/acme/events'
const page = (events: UsageEvent[], next_cursor: string | null = null) => ({ body: { events, next_cursor } })

function showAt(run: string, routes: Routes) {
  const requests = serveApi(routes)
  renderPage(<RunPage />, { at: runPath('acme', run), path: 't/:tenant/runs/*', tenant: tenantOf('member') })
  return requests
}

async function showEvents(events: UsageEvent[], run: Partial<Run> = {}) {
  showAt('run-1', { 'GET /tenants/acme/runs/run-1': { body: runOf(run) }, [EVENTS]: page(events) })
  const timeline = await screen.findByRole('list', { name: 'Events, oldest first' })
  return within(timeline)
    .getAllByRole('listitem')
    .filter((item) => item.parentElement === timeline)
}

async function showEvent(event: Partial<UsageEvent>) {
  const [item] = await showEvents([eventOf(event)])
  return item
}

describe('a run', () => {
  it('is found by an id with slashes, and asks for its own events', async () => {
    const requests = showAt('a/b%', {
      'GET /tenants/acme/runs/a/b%': { body: runOf({ id: 'a/b%' }) },
      [EVENTS]: page([eventOf()]),
    })
    expect(await screen.findByRole('heading', { name: 'Run a/b%' })).toBeVisible()
    expect(requests.find(({ path }) => path.endsWith('/events'))?.query.get('run_id')).toBe('a/b%')
  })

  it('shows its totals', async () => {
    await showEvents([eventOf()], { unpriced_calls: 2, cost_status: 'incomplete' })
    const cost = screen.getByText('Cost', { selector: 'dl > div > dt' })
    expect(cost.nextSibling).toHaveTextContent('at least $0.12')
    expect(screen.getByText('2 unpriced calls')).toBeVisible()
    expect(screen.getByText('Tokens in').nextSibling).toHaveTextContent('1.5K')
    expect(screen.getByText('+ 1 tool call')).toBeVisible()
  })

  it('that is in progress says so, and reads newer figures on demand', async () => {
    let calls = 1
    showAt('run-1', {
      'GET /tenants/acme/runs/run-1': () => ({ body: runOf({ status: 'open', calls }) }),
      [EVENTS]: () => page(Array.from({ length: calls }, (_, index) => eventOf({ id: `event-${index}` }))),
    })
    expect(await screen.findByText('In progress')).toBeVisible()
    calls = 7
    await userEvent.click(screen.getByRole('button', { name: 'Refresh' }))
    expect(await screen.findByText('7 events, oldest first.')).toBeVisible()
    expect(screen.getByText('LLM calls').nextSibling).toHaveTextContent('7')
  })

  it('that has ended is not refreshed', async () => {
    await showEvents([eventOf()])
    expect(screen.queryByRole('button', { name: 'Refresh' })).toBeNull()
  })

  it('that does not exist is said not to, with the id as text', async () => {
    showAt('<b>x</b>', {
      'GET /tenants/acme/runs/<b>x</b>': problem(404, 'not_found', 'no such run'),
    })
    expect(await screen.findByText('Run not found')).toBeVisible()
    expect(screen.getByText('<b>x</b>')).toBeVisible()
    expect(screen.getByRole('link', { name: 'All runs' })).toHaveAttribute('href', '/t/acme/runs')
  })

  it('that cannot be read says why', async () => {
    showAt('run-1', {
      'GET /tenants/acme/runs/run-1': problem(503, 'unavailable', 'Firestore does not answer'),
    })
    expect(await screen.findByRole('alert')).toHaveTextContent('Firestore does not answer')
  })
})

describe('its timeline', () => {
  it('goes from the oldest event to the newest', async () => {
    const newestFirst = [3, 2, 1].map((second) =>
      eventOf({ id: `e${second}`, ts: `2026-11-22T12:00:0${second}Z`, model: `model-${second}` }),
    )
    const items = await showEvents(newestFirst)
    expect(items.map((item) => item.textContent)).toEqual([
      expect.stringMatching(/^\+ 1 s.*model-1/),
      expect.stringMatching(/^\+ 2 s.*model-2/),
      expect.stringMatching(/^\+ 3 s.*model-3/),
    ])
  })

  it('puts older events before, on demand', async () => {
    showAt('run-1', {
      'GET /tenants/acme/runs/run-1': { body: runOf() },
      [EVENTS]: ({ query }) =>
        query.has('cursor')
          ? page([eventOf({ id: 'old', model: 'old' })])
          : page([eventOf({ model: 'new' })], 'c'),
    })
    await userEvent.click(await screen.findByRole('button', { name: 'Show older events' }))
    await screen.findByText('2 events, oldest first.')
    expect(screen.getAllByText(/openai \//).map((name) => name.textContent)).toEqual([
      'openai / old',
      'openai / new',
    ])
  })

  it('tells the tokens of each pool', async () => {
    const tokens = { input_tokens: 1000, output_tokens: 200, total_tokens: 1200 }
    const pools = {
      cache_read_tokens: 700,
      cache_write_tokens: 50,
      cache_write_1h_tokens: 20,
      reasoning_tokens: 90,
    }
    expect(await showEvent({ tokens: { ...tokens, ...pools } })).toHaveTextContent(
      '1,000 in200 out700 read from cache50 written to cache90 reasoning',
    )
  })

  it('tells the total where only that is known', async () => {
    const pools = {
      cache_read_tokens: 0,
      cache_write_tokens: 0,
      cache_write_1h_tokens: 0,
      reasoning_tokens: 0,
    }
    const tokens = { input_tokens: 0, output_tokens: 0, total_tokens: 900, ...pools }
    expect(await showEvent({ tokens })).toHaveTextContent('900 tokens in total')
  })

  it.each<[string, Partial<UsageEvent>, string]>([
    ['an exact cost', { cost_status: 'exact', cost_usd: '0.012345' }, '$0.0123'],
    ['a call for nothing', { cost_status: 'exact', cost_usd: '0.00', price_source: 'local' }, '$0.00'],
    ['a cost below a cent', { cost_status: 'exact', cost_usd: '0.000012' }, '$0.000012'],
    ['a cost that is incomplete', { cost_status: 'incomplete', cost_usd: '0.0129999' }, 'at least $0.0129'],
    ['an unknown cost', { cost_status: 'unknown', cost_usd: null }, 'cost unknown'],
    ['a response that could not be read', { cost_status: 'incomplete', cost_usd: null }, 'cost unknown'],
  ])('tells %s', async (_, event, text) => {
    await showEvent(event)
    expect(screen.getByText(text)).toHaveAttribute('title')
  })

  it('says nothing of the cost of an event that cannot cost anything', async () => {
    const event = { cost_usd: null, cost_status: null, price_source: null, category: 'tool' }
    expect(await showEvent(event)).not.toHaveTextContent(/\$|cost/i)
  })

  it('names what a cost leaves out', async () => {
    const unread = ['usage.server_tool_use.code_executions', 'usage.audio']
    const item = await showEvent({ cost_status: 'incomplete', unread, price_source: 'genai-prices 0.2.3' })
    expect(item).toHaveTextContent('$0.06, priced by genai-prices 0.2.3')
    expect(item).toHaveTextContent('Leaves out usage.server_tool_use.code_executions, usage.audio')
  })

  it('says that the provider has billed a cost, and that another model has answered', async () => {
    const item = await showEvent({
      cost_status: 'exact',
      price_source: 'provider',
      catalog_cost_usd: '0.05',
      served_model: 'gpt-4.1',
    })
    expect(item).toHaveTextContent('$0.06, billed by the provider')
    expect(item).toHaveTextContent('$0.05 by the price catalog')
    expect(item).toHaveTextContent('Served bygpt-4.1')
  })

  it('keeps the bar of a call that is longer than the run in its track', async () => {
    const item = await showEvent({ latency_ms: 60_000 })
    expect(item?.querySelector('[style]')).toHaveStyle({ width: '100%' })
    expect(item).toHaveTextContent('took 1 min')
  })

  it('shows metadata as text', async () => {
    const item = await showEvent({ metadata: { note: '<img src=x onerror=alert(1)>' } })
    expect(item?.querySelector('img')).toBeNull()
    expect(item).toHaveTextContent('"note": "<img src=x onerror=alert(1)>"')
  })

  it('says that the events are gone when their time has passed', async () => {
    showAt('run-1', { 'GET /tenants/acme/runs/run-1': { body: runOf() }, [EVENTS]: page([]) })
    expect(await screen.findByText('Events expired')).toBeVisible()
  })

  it('says that the events could not be read, beside the figures that could', async () => {
    showAt('run-1', {
      'GET /tenants/acme/runs/run-1': { body: runOf() },
      [EVENTS]: problem(503, 'unavailable', 'Firestore does not answer'),
    })
    expect(await screen.findByRole('alert')).toHaveTextContent('Could not load events')
    expect(screen.getByText('Cost')).toBeVisible()
  })
})
