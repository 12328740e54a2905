import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'

import type { Run, UsageEvent } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { keepSavedFiles } from '@/testing/files'
import { renderPage } from '@/testing/render'
import { eventOf, runOf } from '@/testing/runs'
import { tenantOf } from '@/testing/tenants'

import { RunPage } from './run-page'
import { runPath } from './run-address'

const RUN = 'GET /tenants/acme/runs/run-1'
const TREE = 'GET /tenants/acme/runs/run-1/tree'
const EVENTS = 'GET /tenants/acme/events'
const page = (events: UsageEvent[], next_cursor: string | null = null) => ({ body: { events, next_cursor } })
const treeOf = (...runs: [Run, depth: number][]) => ({
  body: { runs: runs.map(([run, depth]) => ({ run, depth, sum: run })), is_cut: false },
})

function showAt(run: string, routes: Routes, search = '') {
  const name = `GET /tenants/acme/runs/${run}`
  const requests = serveApi({ [`${name}/tree`]: treeOf([runOf({ id: run }), 0]), ...routes })
  const at = `${runPath('acme', run)}${search}`
  return {
    requests,
    ...renderPage(<RunPage />, { at, path: 't/:tenant/runs/*', tenant: tenantOf('member') }),
  }
}

async function showEvents(events: UsageEvent[], run: Partial<Run> = {}) {
  showAt('run-1', { [RUN]: { body: runOf(run) }, [EVENTS]: page(events) })
  return stepsShown()
}

async function stepsShown(): Promise<HTMLElement[]> {
  const list = await screen.findByRole('list', { name: 'Steps, in the order in which they began' })
  return within(list).getAllByRole('listitem')
}

/** Open the only step of a run. */
async function openStep(event: Partial<UsageEvent>) {
  const [item] = await showEvents([eventOf(event)])
  await userEvent.click(within(item as HTMLElement).getByRole('button'))
  return screen.findByRole('dialog')
}

describe('a run', () => {
  it('is found by an id with slashes, and asks for its own events', async () => {
    const { requests } = showAt('a/b%', {
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
      [RUN]: () => ({ body: runOf({ status: 'open', calls }) }),
      [EVENTS]: () => page(Array.from({ length: calls }, (_, index) => eventOf({ id: `event-${index}` }))),
    })
    expect(await screen.findByText('In progress')).toBeVisible()
    calls = 7
    await userEvent.click(screen.getByRole('button', { name: 'Refresh' }))
    expect(await screen.findByText(/^7 events in /)).toBeVisible()
    expect(screen.getByText('LLM calls').nextSibling).toHaveTextContent('7')
  })

  it('that has ended is not refreshed', async () => {
    await showEvents([eventOf()])
    expect(screen.queryByRole('button', { name: 'Refresh' })).toBeNull()
  })

  it.each<[string, Partial<Run>, string]>([
    ['is silent', { status: 'open', is_silent: true }, 'No word'],
    ['has timed out', { status: 'timed_out' }, 'Timed out'],
  ])('that %s says since when', async (_, run, label) => {
    await showEvents([eventOf()], run)
    expect(screen.getByText(label)).toBeVisible()
    expect(screen.getByText(/^No word since/).querySelector('time')).toHaveAttribute(
      'datetime',
      '2026-11-22T12:00:10Z',
    )
    expect(screen.queryByText('Completed')).toBeNull()
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
    showAt('run-1', { [RUN]: problem(503, 'unavailable', 'Firestore does not answer') })
    expect(await screen.findByRole('alert')).toHaveTextContent('Firestore does not answer')
  })

  it('is saved as JSON with its events, the oldest first', async () => {
    await showEvents([eventOf({ id: 'new' }), eventOf({ id: 'old' })], { id: 'a/b' })
    const saved = keepSavedFiles()
    await userEvent.click(screen.getByRole('button', { name: 'Download as JSON' }))
    expect(saved.map(({ name }) => name)).toEqual(['run-a_b.json'])
    const content = JSON.parse((await saved[0]?.file.text()) ?? '') as {
      is_cut: boolean
      events: UsageEvent[]
      run: Run
    }
    expect(content.run.id).toBe('a/b')
    expect([content.is_cut, content.events.map(({ id }) => id)]).toEqual([false, ['old', 'new']])
  })
})

const HOLD = {
  ...{ usd: '2.50', tokens: 40_000, own_usd: '0.50', own_tokens: 0 },
  expires_at: '2099-11-22T13:00:00Z',
}
const NOT_OVER = { usd: '0.00', tokens: 0 }

describe('its budget', () => {
  it('is not there for a run that was not admitted', async () => {
    await showEvents([eventOf()])
    expect(screen.queryByRole('region', { name: 'Budget of this run' })).not.toBeInTheDocument()
  })

  it('shows what is held and what is left', async () => {
    const left = { remaining_usd: '1.239', remaining_tokens: 900 }
    await showEvents([eventOf()], { hold: HOLD, over: NOT_OVER, status: 'open', ...left })
    const budget = within(await screen.findByRole('region', { name: 'Budget of this run' }))
    expect(budget.getByText('$2.50')).toBeVisible()
    expect(budget.getByText('$0.50 of its own')).toBeVisible()
    expect(budget.getByText('$1.23')).toHaveAttribute('title', '$1.239')
    expect(budget.getByText('900')).toBeVisible()
    expect(budget.getByText(/^Reserved until/)).toBeVisible()
  })

  it('says when nobody knows what is left', async () => {
    const hold = { ...HOLD, tokens: null, expires_at: '2026-11-22T13:00:00Z' }
    await showEvents([eventOf()], { hold, over: NOT_OVER })
    expect(await screen.findByText('Not known')).toBeVisible()
    expect(screen.queryByText('Tokens left')).not.toBeInTheDocument()
  })

  it('says what is over, when it was ended and with which error', async () => {
    await showEvents([eventOf()], {
      ...{ hold: HOLD, over: { usd: '0.60', tokens: 7 }, remaining_usd: '0.00', remaining_tokens: 0 },
      ...{ ended_at: '2026-11-22T12:00:10Z', error: '<b>TimeoutError</b>' },
    })
    expect(await screen.findByText('$0.60 and 7 tokens over. What it used counts in full.')).toBeVisible()
    expect(screen.getByText('<b>TimeoutError</b>')).toBeVisible()
    expect(screen.getByText(/^Released by its end/)).toBeVisible()
  })

  it('is shown in each row of its tree', async () => {
    const child = runOf({ id: 'c', hold: HOLD, over: NOT_OVER, remaining_usd: '1.20', remaining_tokens: 5 })
    const over = runOf({ id: 'd', hold: HOLD, over: { usd: '0.01', tokens: 0 } })
    showAt('run-1', {
      [RUN]: { body: runOf() },
      [EVENTS]: page([eventOf()]),
      [TREE]: treeOf([runOf(), 0], [child, 1], [over, 1]),
    })
    const tree = await screen.findByRole('table', { name: 'Tree of runs' })
    expect(within(tree).getByRole('columnheader', { name: 'Left of budget' })).toBeVisible()
    expect(within(tree).getByText('$1.20, 5 tokens')).toBeVisible()
    expect(within(tree).getByText('Over')).toBeVisible()
  })
})

describe('its tree', () => {
  it('shows the runs that it started, indented, with links', async () => {
    showAt('run-1', {
      [RUN]: { body: runOf() },
      [EVENTS]: page([eventOf()]),
      [TREE]: treeOf([runOf(), 0], [runOf({ id: 'a/b' }), 1], [runOf({ id: 'c' }), 2]),
    })
    const tree = await screen.findByRole('table', { name: 'Tree of runs' })
    expect(
      within(tree)
        .getAllByRole('rowheader')
        .map((cell) => cell.textContent),
    ).toEqual(['run-1Completed, this run', '↳ a/bCompleted, level 1', '↳ cCompleted, level 2'])
    expect(within(tree).getByRole('link', { name: /a\/b/ })).toHaveAttribute('href', '/t/acme/runs/a%2Fb')
    expect(within(tree).queryByRole('link', { name: /run-1/ })).toBeNull()
  })

  it('is not shown of a run without children', async () => {
    await showEvents([eventOf()])
    expect(screen.queryByText('Runs that it started')).toBeNull()
  })

  it('leads to the run that started this one', async () => {
    await showEvents([eventOf()], { parent_run_id: 'boss/1' })
    expect(screen.getByRole('link', { name: 'boss/1' })).toHaveAttribute('href', '/t/acme/runs/boss%2F1')
  })
})

describe('its steps', () => {
  it('are in the order in which they began, which is their latency before their event', async () => {
    const items = await showEvents([
      eventOf({ id: 'c', ts: '2026-11-22T12:00:10Z', latency_ms: 9_500, model: 'long' }),
      eventOf({ id: 'b', ts: '2026-11-22T12:00:03Z', latency_ms: 1_000, model: 'second' }),
      eventOf({ id: 'a', ts: '2026-11-22T12:00:01Z', latency_ms: 1_000, model: 'first' }),
    ])
    expect(items.map((item) => item.textContent)).toEqual([
      expect.stringMatching(/^first.*1 s, from \+ 0 ms/),
      expect.stringMatching(/^long.*9.5 s, from \+ 500 ms/),
      expect.stringMatching(/^second.*1 s, from \+ 2 s/),
    ])
    expect(items.map((item) => item.querySelector<HTMLElement>('[data-bar]')?.style)).toMatchObject([
      { left: '0%', width: '10%' },
      { left: '5%', width: '95%' },
      { left: '20%', width: '10%' },
    ])
    expect(screen.getByText('3 events in 10 s · up to 2 at once')).toBeVisible()
  })

  it('say where nothing was at work', async () => {
    const items = await showEvents([
      eventOf({ id: 'b', ts: '2026-11-22T12:00:10Z', latency_ms: 1_000 }),
      eventOf({ id: 'a', ts: '2026-11-22T12:00:02Z', latency_ms: 2_000 }),
    ])
    expect(items[1]).toHaveTextContent('Waited 7 s')
    expect(screen.getByText('2 events in 10 s · 7 s (70%) waiting')).toBeVisible()
  })

  it('have their share of the cost, and the most expensive is marked', async () => {
    const items = await showEvents(
      [
        eventOf({ id: 'b', ts: '2026-11-22T12:00:04Z', cost_usd: '0.090000000' }),
        eventOf({ id: 'a', cost_usd: '0.030000000' }),
      ],
      { cost_usd: '0.120000000' },
    )
    expect(items[0]).toHaveTextContent(/\$0.0325% of the cost/)
    expect(items[1]).toHaveTextContent(/Most expensive.*\$0.0975% of the cost/)
    await userEvent.click(screen.getByRole('button', { name: 'Most expensive' }))
    expect(await screen.findByRole('dialog')).toHaveTextContent('Step 2 of 2')
  })

  it('say why they failed', async () => {
    const error = { name: 'RateLimitError', message: 'slow <b>down</b>' }
    const items = await showEvents([
      eventOf({ status: 'error', error }),
      eventOf({ id: 'x', status: 'failed' }),
    ])
    expect(items[0]).toHaveTextContent('RateLimitError: slow <b>down</b>')
    expect(items[1]).toHaveTextContent('Failed')
    await userEvent.click(screen.getByRole('button', { name: '2 errors' }))
    expect(await screen.findByRole('dialog')).toHaveTextContent('RateLimitError: slow <b>down</b>')
  })

  it('of 10,000 events are read page by page, and only those on the screen are shown', async () => {
    let asked = 0
    showAt('run-1', {
      [RUN]: { body: runOf() },
      [EVENTS]: () => {
        asked += 1
        const events = Array.from({ length: 500 }, (_, index) => eventOf({ id: `${asked}-${index}` }))
        return page(events, `after-${asked}`)
      },
    })
    await waitFor(() => expect(asked).toBe(20))
    expect(await screen.findByText(/^10,000 events/)).toBeVisible()
    const items = await stepsShown()
    expect(items.length).toBeLessThan(100)
    expect(items[0]).toHaveAttribute('aria-setsize', '10000')
    expect(screen.getByText(/^This run has more events than the 10,000/)).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Older events' }))
    await waitFor(() => expect(asked).toBe(40))
    expect(await screen.findByText(/^10,000 events/)).toBeVisible()
    await userEvent.click(await screen.findByRole('button', { name: 'Newer events' }))
    expect(await screen.findByText(/^10,000 events/)).toBeVisible()
  })

  it('are walked through with the arrow keys', async () => {
    const at = (second: number) => ({ id: `e${second}`, ts: `2026-11-22T12:00:0${second}Z`, latency_ms: 500 })
    await showEvents([eventOf(at(1)), eventOf(at(2)), eventOf(at(3))])
    const [first, second, third] = screen.getAllByRole('button', { name: /gpt-4.1-mini/ })
    first?.focus()
    await userEvent.keyboard('{ArrowDown}')
    expect(second).toHaveFocus()
    await userEvent.keyboard('{End}')
    expect(third).toHaveFocus()
    expect([first, second, third].map((step) => step?.tabIndex)).toEqual([-1, -1, 0])
    await userEvent.keyboard('{ArrowDown}{Home}')
    expect(first).toHaveFocus()
  })

  it('say that they are gone when their time has passed', async () => {
    showAt('run-1', { [RUN]: { body: runOf() }, [EVENTS]: page([]) })
    expect(await screen.findByText('Events expired')).toBeVisible()
  })

  it('say that they could not be read, beside the figures that could', async () => {
    showAt('run-1', { [RUN]: { body: runOf() }, [EVENTS]: problem(503, 'unavailable', 'no answer') })
    expect(await screen.findByRole('alert')).toHaveTextContent('Could not load events')
    expect(screen.getByText('Cost')).toBeVisible()
  })

  it('say that a later page could not be read, below those that could', async () => {
    showAt('run-1', {
      [RUN]: { body: runOf() },
      [EVENTS]: ({ query }) =>
        query.has('cursor') ? problem(503, 'unavailable', 'no answer') : page([eventOf()], 'c'),
    })
    expect(await screen.findByRole('alert')).toHaveTextContent('Could not load all events')
    expect(await stepsShown()).toHaveLength(1)
  })
})

describe('a step', () => {
  it('opens by its address, and closing it leads back to the run', async () => {
    const { router } = showAt(
      'run-1',
      { [RUN]: { body: runOf() }, [EVENTS]: page([eventOf({ id: 'a&b', model: 'asked for' }), eventOf()]) },
      '?step=a%26b',
    )
    expect(await screen.findByRole('dialog', { name: 'asked for' })).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'Close' }))
    await waitFor(() => expect(router.state.location.search).toBe(''))
    expect(screen.queryByRole('dialog')).toBeNull()
  })

  it('leads to the next and the one before', async () => {
    await showEvents([
      eventOf({ id: 'b', ts: '2026-11-22T12:00:09Z', model: 'second' }),
      eventOf({ model: 'first' }),
    ])
    await userEvent.click(screen.getByRole('button', { name: /^first/ }))
    expect(await screen.findByRole('button', { name: 'Previous' })).toBeDisabled()
    await userEvent.click(screen.getByRole('button', { name: 'Next' }))
    expect(await screen.findByRole('dialog', { name: 'second' })).toHaveTextContent('Step 2 of 2')
    expect(screen.getByRole('button', { name: 'Next' })).toBeDisabled()
  })

  it('shows the tokens of each pool', async () => {
    const tokens = { input_tokens: 1000, output_tokens: 200, total_tokens: 1200 }
    const pools = {
      cache_read_tokens: 700,
      cache_write_tokens: 50,
      cache_write_1h_tokens: 20,
      reasoning_tokens: 90,
    }
    expect(await openStep({ tokens: { ...tokens, ...pools } })).toHaveTextContent(
      '1,000 in200 out700 read from cache50 written to cache90 reasoning',
    )
  })

  it('shows the total where only that is known', async () => {
    const pools = {
      cache_read_tokens: 0,
      cache_write_tokens: 0,
      cache_write_1h_tokens: 0,
      reasoning_tokens: 0,
    }
    const tokens = { input_tokens: 0, output_tokens: 0, total_tokens: 900, ...pools }
    expect(await openStep({ tokens })).toHaveTextContent('900 tokens in total')
  })

  it.each<[string, Partial<UsageEvent>, string]>([
    ['an exact cost', { cost_status: 'exact', cost_usd: '0.012345' }, '$0.0123'],
    ['a call for nothing', { cost_status: 'exact', cost_usd: '0.00', price_source: 'local' }, '$0.00'],
    ['a cost below a cent', { cost_status: 'exact', cost_usd: '0.000012' }, '$0.000012'],
    ['a cost that is incomplete', { cost_status: 'incomplete', cost_usd: '0.0129999' }, 'At least $0.0129'],
    ['an unknown cost', { cost_status: 'unknown', cost_usd: null }, 'Cost unknown'],
    ['a response that could not be read', { cost_status: 'incomplete', cost_usd: null }, 'Cost unknown'],
  ])('shows %s', async (_, event, text) => {
    expect(await openStep(event)).toHaveTextContent(text)
  })

  it('says nothing of the cost of an event that cannot cost anything', async () => {
    const event = { cost_usd: null, cost_status: null, price_source: null, category: 'tool' }
    expect(await openStep(event)).not.toHaveTextContent(/\$|cost/i)
  })

  it('names what a cost leaves out', async () => {
    const unread = ['usage.server_tool_use.code_executions', 'usage.audio']
    const step = await openStep({ cost_status: 'incomplete', unread, price_source: 'genai-prices 0.2.3' })
    expect(step).toHaveTextContent('$0.06, priced by genai-prices 0.2.3')
    expect(step).toHaveTextContent('Leaves out usage.server_tool_use.code_executions, usage.audio')
  })

  it('says that the provider has billed a cost, and that another model has answered', async () => {
    const step = await openStep({
      cost_status: 'exact',
      price_source: 'provider',
      catalog_cost_usd: '0.05',
      served_model: 'gpt-4.1',
    })
    expect(step).toHaveTextContent('$0.06, billed by the provider')
    expect(step).toHaveTextContent('$0.05 by the price catalog')
    expect(step).toHaveTextContent('Served bygpt-4.1')
  })

  it('has its ids to copy', async () => {
    const user = userEvent.setup()
    await openStep({ request_id: 'req-7' })
    await user.click(screen.getByRole('button', { name: 'Copy request ID' }))
    expect(await navigator.clipboard.readText()).toBe('req-7')
  })

  it('shows metadata as text', async () => {
    const step = await openStep({ metadata: { note: '<img src=x onerror=alert(1)>' }, redactions: 2 })
    expect(step.querySelector('img')).toBeNull()
    expect(step).toHaveTextContent('"note": "<img src=x onerror=alert(1)>"')
    expect(step).toHaveTextContent('2 known secrets were replaced')
  })
})
