import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import type { Role, SeriesRow, Usage } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { comparisonOf } from '@/testing/comparisons'
import { PLANS } from '@/testing/plans'
import { renderPage } from '@/testing/render'
import { PAID_INVOICE } from '@/testing/invoices'
import { alertOf, amounts, usageOf } from '@/testing/usage'

import { UsagePage } from './usage-page'

/** The usual answers, where a test gives no others. */
function serve(routes: Routes = {}) {
  return serveApi({
    'GET /plans': { body: { plans: PLANS } },
    'GET /tenants/acme/usage': { body: usageOf() },
    'GET /tenants/acme/invoices': { body: { invoices: [], next_cursor: null } },
    'GET /tenants/acme/refusals': { body: { day: '2026-11-22', refused: [] } },
    'GET /tenants/acme/usage/comparison': { body: comparisonOf() },
    ...routes,
  })
}

type Place = { role?: Role; at?: string }

/** Waits for what is loaded after the first row, too. */
async function open(usage: Usage = usageOf(), { role = 'owner', at = '/t/acme' }: Place = {}) {
  const view = renderPage(<UsagePage />, { at, tenant: { id: 'acme', name: 'Acme Inc.', role, usage } })
  await screen.findAllByRole('region', { name: at.includes('?') ? 'Breakdown' : 'Invoices' })
  return view
}

const { status, aggregate, billing, limits } = usageOf()

function statusWith(changes: object): Usage {
  return usageOf({ status: status && { ...status, ...changes } })
}

afterEach(() => vi.unstubAllGlobals())

describe('at first glance', () => {
  it('says how much is used, whether it lasts and what it costs, with the price of the plan', async () => {
    serve()
    await open()
    expect(screen.getByRole('meter', { name: 'Tokens' })).toHaveAttribute(
      'aria-valuetext',
      '60% used, 300,000 of 500,000 tokens',
    )
    expect(screen.getByRole('meter', { name: 'Runs' })).toHaveAttribute('aria-valuenow', '40')
    expect(screen.getByText('Within limits')).toBeInTheDocument()
    expect(screen.getAllByTitle('$42.50')[0]).toHaveTextContent('$42.50')
    expect(screen.getByText('about $59.30')).toBeInTheDocument()
    expect(await screen.findByText(/\$29 per month/)).toBeInTheDocument()
  })

  it('says what was added to the plan, and until when', async () => {
    serve()
    const nothing = { plan: null, tokens: null, runs: null, until: null }
    const grants = [
      { ...nothing, id: 'gr_1', plan: 'professional' },
      { ...nothing, id: 'gr_2', tokens: 100_000, until: '2027-01-01T00:00:00Z' },
      { ...nothing, id: 'gr_3', runs: 5 },
    ]
    const view = await open(usageOf({ limits: limits && { ...limits, grants } }))
    await screen.findByText(/the limits of Professional/)
    const notes = screen.getByRole('list', { name: 'Added to your plan' })
    expect(
      within(notes)
        .getAllByRole('listitem')
        .map(({ textContent }) => textContent),
    ).toEqual([
      'Includes the limits of Professional.',
      expect.stringMatching(/^Includes 100,000 more tokens per period until 1 Jan 2027, .+\.$/),
      'Includes 5 more runs per period.',
    ])
    view.unmount()
    await open()
    expect(screen.queryByRole('list', { name: 'Added to your plan' })).not.toBeInTheDocument()
  })

  it('calls the largest limit unlimited', async () => {
    serve()
    const largest = limits && { ...limits, tokens: 2 ** 53, runs: 2 ** 53 - 2 }
    await open(usageOf({ limits: largest }))
    const meter = (name: string) => screen.getByRole('meter', { name }).getAttribute('aria-valuetext')
    expect(meter('Tokens')).toBe('60% used, 300,000 of unlimited tokens')
    expect(meter('Runs')).toBe('40% used, 40 of 9,007,199,254,740,990 runs')
    expect(screen.getByTitle('300,000 of unlimited')).toHaveTextContent('300,000 of unlimited')
    expect(screen.getByRole('region', { name: 'Forecast' })).toHaveTextContent('of unlimited')
  })

  it('shows the top models', async () => {
    serve()
    await open()
    const leaders = within(screen.getByRole('region', { name: 'Usage over time' })).getAllByRole('listitem')
    expect(leaders.map((leader) => leader.textContent)).toEqual([
      'gpt-4.1-mini$30.0070.5%',
      'claude-sonnet-4-5$12.5029.4%',
    ])
  })

  it('distinguishes when usage resets from when the next invoice comes', async () => {
    serve()
    const view = await open()
    const used = () => screen.getByRole('region', { name: 'Usage this period' })
    expect(used()).toHaveTextContent(/Usage resets on 1 Dec 2026, .+\. Next invoice on 26 Dec 2026\./)
    view.unmount()
    await open(usageOf({ billing: { ...billing, next_invoice_at: null } }))
    expect(used()).toHaveTextContent(/Usage resets on 1 Dec 2026/)
    expect(used()).not.toHaveTextContent('Next invoice')
  })

  it('shows the true percentage above the limit', async () => {
    serve()
    await open(
      statusWith({
        token_usage_percent: 130,
        tokens_used: 650_000,
        hard_limit_reached: true,
        soft_limit_reached: true,
      }),
    )
    expect(screen.getByRole('meter', { name: 'Tokens' })).toHaveAttribute('aria-valuenow', '130')
    expect(screen.getByText('130% used')).toBeInTheDocument()
  })

  it('reads nothing beyond what the layout has read, but the catalog of plans', async () => {
    const requests = serve()
    await open()
    await screen.findByText(/\$29 per month/)
    expect(requests.map(({ path }) => path)).not.toContain('/tenants/acme/usage/series')
    expect(requests.map(({ path }) => path)).not.toContain('/tenants/acme/alerts')
  })
})

/** A fine-tuned model without any known price, and one whose last call was only priced in part. */
const FINE_TUNED: SeriesRow = {
  provider: 'together',
  model: 'intent-ft-2',
  category: 'llm',
  ...amounts({ calls: 48, unpriced_calls: 36, cost_status: 'unknown', tokens: { total: 700 } }),
}
const SEARCHING: SeriesRow = {
  provider: 'anthropic',
  model: 'claude-haiku-4-5',
  category: 'llm',
  ...amounts({ calls: 9, incomplete_calls: 2, cost_usd: '1.259999999', cost_status: 'incomplete' }),
}
const TOOL: SeriesRow = {
  provider: 'internal',
  model: 'web_search',
  category: 'tool',
  ...amounts({ tool_calls: 4, errors: 1, latency_ms: 6_000 }),
}

/** The usual usage, with rows that leave something out. */
function leavingOut(rows: SeriesRow[] = [FINE_TUNED, SEARCHING, TOOL]): Usage {
  const { forecast } = usageOf()
  return usageOf({
    aggregate: {
      ...aggregate,
      total_cost_usd: '43.759999999',
      cost_status: 'incomplete',
      unpriced_calls: 36,
      incomplete_calls: 2,
      series: [...aggregate.series, ...rows],
    },
    daily: usageOf().daily.map((day) => ({ ...day, cost_status: 'incomplete' })),
    forecast: forecast && { ...forecast, cost_status: 'incomplete' },
  })
}

function rowsOf(table: string): (string | null)[] {
  const [, ...rows] = within(screen.getByRole('table', { name: table })).getAllByRole('row')
  return rows.map((row) => row.textContent)
}

describe('a cost that leaves calls out', () => {
  const BY_MODEL = 'Usage by model and provider'

  it('is "at least" that on the cards, in the forecast and below the chart', async () => {
    serve()
    await open(leavingOut())
    const card = screen.getByRole('region', { name: 'Cost' })
    expect(card).toHaveTextContent(/at least \$43\.75this period/)
    expect(card).toHaveTextContent('Forecast at resetat least $59.30')
    expect(card).toHaveTextContent('Per LLM callat least $0.125')
    const totals = screen.getByRole('region', { name: 'Totals' })
    expect(within(totals).getByTitle('at least $43.759999999')).toHaveTextContent('at least $43.75')
    expect(
      screen.getByText(/^At least \$42\.50 in total\. Peak on 21 Nov: at least \$41\.49\.$/),
    ).toBeVisible()
  })

  it('is "unknown" and never $0.00 where nothing has a price, in the table and the ranking', async () => {
    serve()
    await open(leavingOut())
    const row = screen.getByRole('row', { name: /intent-ft-2/ })
    expect(row).toHaveTextContent(/48.*unknown–$/)
    expect(row).not.toHaveTextContent('$')
    const leaders = within(screen.getByRole('region', { name: 'Usage over time' })).getAllByRole('listitem')
    expect(leaders.map((leader) => leader.textContent)).toEqual([
      'gpt-4.1-mini$30.0068.5%',
      'claude-sonnet-4-5$12.5028.5%',
      expect.stringMatching(/^claude-haiku-4-5≥.at least \$1\.252\.8%$/),
      'intent-ft-2unknown–',
    ])
  })

  it('names these calls, and leads to their models with one click', async () => {
    serve()
    const { router } = await open(leavingOut())
    const card = within(screen.getByRole('region', { name: 'Cost' }))
    await userEvent.click(card.getByRole('link', { name: /^36.unpriced, 2.incomplete calls$/ }))
    expect(router.state.location).toMatchObject({ search: '?costs=incomplete', hash: '#breakdown' })
    expect(rowsOf(BY_MODEL)).toEqual([
      expect.stringMatching(/^intent-ft-2together.*48360700unknown36\sunpriced calls$/),
      expect.stringMatching(/^claude-haiku-4-5anthropic.*9020.*at least \$1\.252\sincomplete calls$/),
    ])
    expect(screen.queryByRole('table', { name: 'Usage of tools' })).not.toBeInTheDocument()
    expect(document.activeElement).toContainElement(screen.getByRole('table', { name: BY_MODEL }))
    await userEvent.click(screen.getByRole('radio', { name: 'All costs' }))
    expect(router.state.location.search).toBe('')
    expect(rowsOf(BY_MODEL)).toHaveLength(4)
  })

  it('keeps the period that it is of', async () => {
    serve({ 'GET /tenants/acme/usage': { body: { ...leavingOut(), forecast: null, live: null } } })
    const { router } = await open(usageOf(), { at: '/t/acme?period=previous' })
    await userEvent.click(screen.getByRole('link', { name: /^36.unpriced, 2.incomplete calls$/ }))
    expect(router.state.location.search).toBe('?period=previous&costs=incomplete')
  })

  it('is not spoken of where there is none', async () => {
    serve()
    await open()
    expect(screen.queryByText(/at least|unknown|unpriced|Not fully priced/)).not.toBeInTheDocument()
  })
})

describe('tools', () => {
  it('stand in a table of their own', async () => {
    serve()
    await open(leavingOut())
    expect(rowsOf('Usage of tools')).toEqual(['web_searchinternalinternal411.5 s'])
    expect(screen.getAllByText('web_search')).toHaveLength(1)
  })

  it('have columns of tokens and cost where one of them has any', async () => {
    serve()
    const billed = {
      ...TOOL,
      model: 'ocr',
      ...amounts({ tool_calls: 1, cost_usd: '0.50', tokens: { total: 9 } }),
    }
    await open(leavingOut([TOOL, billed]))
    expect(rowsOf('Usage of tools')[1]).toBe('ocrinternalinternal10–9$0.50')
  })

  it('share their table with what is neither a model nor a tool', async () => {
    serve()
    const failed: SeriesRow = { ...TOOL, model: 'runner', category: 'other', ...amounts({ errors: 1 }) }
    await open(leavingOut([failed]))
    expect(screen.getByRole('region', { name: 'Tools and other usage' })).toBeInTheDocument()
    expect(rowsOf('Usage of tools and others')).toEqual(['runnerinternalinternal–1–'])
  })
})

describe('the notices', () => {
  const soft = { soft_limit_reached: true, tokens_used: 425_000, token_usage_percent: 85 }
  const hard = { ...soft, hard_limit_reached: true, tokens_used: 500_000, token_usage_percent: 100 }
  const alerts = { 'GET /tenants/acme/alerts': { body: { alerts: [alertOf()], next_cursor: null } } }

  it('warn at the soft limit, and list the alerts', async () => {
    serve(alerts)
    await open(statusWith(soft))
    expect(screen.getByText('You used 80% of your tokens')).toBeInTheDocument()
    expect(screen.getByRole('link', { name: 'See plans' })).toHaveAttribute('href', '/t/acme/upgrade')
    expect(await screen.findByText('of tokens used: 400,000 of 500,000')).toBeInTheDocument()
  })

  it('lead to an upgrade at the hard limit', async () => {
    serve(alerts)
    await open(statusWith(hard))
    expect(within(screen.getByRole('alert')).getByText('You reached the token limit')).toBeInTheDocument()
    expect(screen.getByRole('link', { name: 'Upgrade' })).toHaveAttribute('href', '/t/acme/upgrade')
  })

  it('advise members to ask an owner or admin', async () => {
    serve(alerts)
    await open(statusWith(hard), { role: 'member' })
    expect(screen.getByText(/Ask an owner or admin of Acme Inc\. to upgrade/)).toBeInTheDocument()
    expect(screen.queryByRole('link', { name: 'Upgrade' })).not.toBeInTheDocument()
  })

  it('warn about an unknown plan', async () => {
    serve()
    await open(
      usageOf({ status: null, limits: null, billing: { ...billing, plan: 'gold', plan_name: null } }),
    )
    expect(screen.getByText('Plan “gold” is not in the catalog')).toBeInTheDocument()
  })

  it('report a payment that failed, and of a plan that ends', async () => {
    serve()
    const view = await open(usageOf({ billing: { ...billing, past_due_since: '2026-11-20T00:00:00Z' } }))
    expect(screen.getByText('Your last payment failed')).toBeInTheDocument()
    view.unmount()
    await open(usageOf({ billing: { ...billing, ends_at: '2026-12-12T12:00:00Z' } }))
    expect(screen.getByText('Your plan is canceled')).toBeInTheDocument()
    expect(screen.getByText(/stays active until/)).toHaveTextContent('12 Dec 2026')
  })

  it('let owners pay what is due, and nobody else', async () => {
    const failed = {
      ...PAID_INVOICE,
      id: 'in_2',
      number: 'GWI-0002',
      status: 'open',
      failed_at: PAID_INVOICE.created,
    }
    const due = { ...failed, amount_remaining: 9900, hosted_invoice_url: 'https://invoice.stripe.com/i/2' }
    const open_ = { ...due, id: 'in_3', number: 'GWI-0003', failed_at: null }
    serve({
      'GET /tenants/acme/invoices': { body: { invoices: [open_, due, PAID_INVOICE], next_cursor: null } },
    })
    const pastDue = usageOf({ billing: { ...billing, past_due_since: '2026-11-20T00:00:00Z' } })
    const view = await open(pastDue)
    const pay = await within(screen.getByRole('alert')).findByRole('link', {
      name: /^Pay \$99\.00: invoice GWI-0002/,
    })
    expect(pay).toHaveAttribute('href', 'https://invoice.stripe.com/i/2')
    expect(pay).toHaveTextContent('Pay $99.00')
    view.unmount()
    await open(pastDue, { role: 'member' })
    expect(screen.getByText(/Ask an owner or admin to update the card/)).toBeInTheDocument()
    expect(screen.queryByRole('link', { name: /^Pay/ })).toBeNull()
  })

  it('offer no way to pay where no invoice is open', async () => {
    serve({ 'GET /tenants/acme/invoices': { body: { invoices: [PAID_INVOICE], next_cursor: null } } })
    await open(usageOf({ billing: { ...billing, past_due_since: '2026-11-20T00:00:00Z' } }))
    await screen.findByText('Your last payment failed')
    expect(screen.queryByRole('link', { name: /^Pay/ })).toBeNull()
  })

  it.each([
    ['several_subscriptions', 'You pay for more than one subscription', /Only the highest plan counts/],
    ['unmapped_price', 'Your subscription matches none of our plans', /Contact support/],
    ['something_new', 'Your subscription needs attention', /What is wrong\./],
  ])('show owners the billing alert %s in plain words', async (kind, title, text) => {
    serve()
    const alert = { kind, message: 'What is wrong', at: '2026-11-18T00:00:00Z' }
    const usage = usageOf({ billing: { ...billing, alerts: [alert] } })
    const view = await open(usage)
    expect(screen.getByText(title)).toBeInTheDocument()
    expect(screen.getByText(text)).toHaveTextContent('Noticed on 18 Nov 2026')
    view.unmount()
    await open(usage, { role: 'member' })
    expect(screen.queryByText(title)).toBeNull()
  })

  it('say when usage could not be updated', async () => {
    const requests = serve({ 'GET /tenants/acme/usage': problem(503, 'unavailable', 'The store is away.') })
    await open()
    expect(await screen.findByText('Could not update usage')).toBeInTheDocument()
    const before = requests.length
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    await waitFor(() => expect(requests.length).toBeGreaterThan(before))
  })
})

describe('the chart', () => {
  const series = {
    'GET /tenants/acme/usage/series': {
      body: {
        from: aggregate.period_start,
        to: '2026-11-23T00:00:00Z',
        granularity: 'day',
        group_by: 'model',
        points: [
          {
            start: '2026-11-21T00:00:00Z',
            label: '2026-11-21',
            provider: null,
            model: '<img src=x onerror=alert(1)>',
            ...amounts({ cost_usd: '3.000000000' }),
          },
        ],
      },
    },
  }

  it('is a sentence, too, and a table', async () => {
    serve()
    await open()
    expect(screen.getByText('$42.50 in total. Peak on 21 Nov: $41.50.')).toBeInTheDocument()
    await userEvent.click(screen.getByRole('button', { name: 'Show as table' }))
    const table = screen.getByRole('table', { name: 'Usage by day' })
    expect(
      within(table)
        .getAllByRole('row')
        .map((row) => row.textContent),
    ).toEqual(['Day (UTC)AllPrevious period', '22 Nov$1.00$0.00', '21 Nov$41.50$3.00', '20 Nov$0.00$1.00'])
  })

  it('reads a split by model when it is asked for, and shows names as text', async () => {
    const requests = serve(series)
    await open()
    await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Group by' }), 'Models')
    await userEvent.click(await screen.findByRole('button', { name: 'Show as table' }))
    expect(screen.getByRole('columnheader', { name: '<img src=x onerror=alert(1)>' })).toBeInTheDocument()
    const query = requests.find(({ path }) => path.endsWith('/series'))?.query
    expect(Object.fromEntries(query ?? [])).toEqual({
      from: '2026-11-01T00:00:00Z',
      to: '2026-11-23',
      tz: 'UTC',
      granularity: 'day',
      group_by: 'model',
    })
  })

  it('asks for the days and hours of the time zone of the tenant, and names it', async () => {
    const body = {
      ...series['GET /tenants/acme/usage/series'].body,
      granularity: 'hour',
      group_by: null,
      time_zone: 'Asia/Tokyo',
      points: [
        { start: '2026-11-21T20:00:00Z', label: '2026-11-22T05:00:00+09:00', ...amounts() },
        {
          start: '2026-11-21T21:00:00Z',
          label: '2026-11-22T06:00:00+09:00',
          ...amounts({ cost_usd: '2.00' }),
        },
      ],
    }
    const requests = serve({ 'GET /tenants/acme/usage/series': { body } })
    const usage = usageOf()
    // At 16:00 UTC, the next day has begun in Tokyo.
    const updated_at = '2026-11-22T16:00:00Z'
    await open({
      ...usage,
      tenant: { ...usage.tenant, time_zone: 'Asia/Tokyo' },
      aggregate: { ...usage.aggregate, updated_at },
    })
    await userEvent.click(screen.getByRole('radio', { name: 'Hours' }))
    expect(await screen.findByText('$2.00 in total. Peak on 22 Nov, 06:00: $2.00.')).toBeInTheDocument()
    await userEvent.click(screen.getByRole('button', { name: 'Show as table' }))
    expect(screen.getByRole('columnheader', { name: 'Hour (Asia/Tokyo)' })).toBeInTheDocument()
    const asked = requests.filter(({ path }) => path.endsWith('/series'))
    expect(asked.map(({ query }) => Object.fromEntries(query))).toEqual(
      ['day', 'hour'].map((granularity) => ({
        from: '2026-11-01T00:00:00Z',
        to: '2026-11-24',
        tz: 'Asia/Tokyo',
        granularity,
      })),
    )
  })

  it('says that it could not be read, and tries again', async () => {
    const requests = serve({
      'GET /tenants/acme/usage/series': problem(503, 'unavailable', 'The store is away.'),
    })
    await open()
    await userEvent.click(screen.getByRole('radio', { name: 'Hours' }))
    expect(await screen.findByText('Could not load the chart')).toBeInTheDocument()
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    await waitFor(() => expect(requests.filter(({ path }) => path.endsWith('/series')).length).toBe(2))
  })
})

describe('another time', () => {
  it('is read for itself, without limits and forecast', async () => {
    const past = usageOf({ status: null, limits: null, forecast: null, live: null })
    const requests = serve({ 'GET /tenants/acme/usage': { body: past } })
    await open(usageOf(), { at: '/t/acme?from=2026-10-01&to=2026-10-31' })
    expect(await screen.findByRole('region', { name: 'Breakdown' })).toBeInTheDocument()
    expect(screen.queryByText('Forecast')).not.toBeInTheDocument()
    const asked = requests.filter(({ query }) => query.has('from'))
    expect(asked.map(({ path, query }) => [path, query.toString()])).toEqual([
      ['/tenants/acme/usage', 'from=2026-10-01&to=2026-11-01&tz=UTC'],
      ['/tenants/acme/usage/comparison', 'from=2026-10-01&to=2026-11-01&tz=UTC'],
    ])
  })

  it('is refused where it is too long, before it is asked for', async () => {
    serve()
    const { router } = await open()
    await userEvent.click(screen.getByRole('radio', { name: 'Custom' }))
    const from = await screen.findByLabelText('From')
    await userEvent.clear(from)
    await userEvent.type(from, '2026-01-01')
    await userEvent.click(screen.getByRole('button', { name: 'Apply' }))
    expect(screen.getByText('Choose at most 92 days. This range has 326.')).toBeInTheDocument()
    expect(router.state.location.search).toBe('')
  })
})
