import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import type { NamedRow, Top } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { usageOf } from '@/testing/usage'

import { BreakdownCard } from './breakdown-card'
import { TrendCard } from './trend-card'

const NOTHING = {
  calls: 0,
  errors: 0,
  unpriced_calls: 0,
  incomplete_calls: 0,
  tokens: { input: 0, output: 0, total: 0 },
  cost_usd: '0.00',
  cost_status: 'complete',
} as const

function rowOf(name: string | null, changes: Partial<NamedRow> = {}): NamedRow {
  return { name, label: null, ...NOTHING, ...changes }
}

function topOf(...names: NamedRow[]): Top {
  return {
    from: '2026-11-01T00:00:00Z',
    to: '2026-12-01T00:00:00Z',
    group_by: 'user',
    tag_names: ['team'],
    totals: NOTHING,
    names,
  }
}

const USAGE = usageOf({ tag_names: ['team'] })
const ADA = rowOf('ada', { calls: 2, cost_usd: '3.00', tokens: { input: 8, output: 2, total: 10 } })
const REST = rowOf(null, { calls: 1, cost_usd: '1.50' })

function open(routes: Routes, at = '/t/acme') {
  const requests = serveApi(routes)
  renderPage(<BreakdownCard usage={USAGE} />, { at })
  return requests
}

const rows = async () =>
  within(await screen.findByRole('table'))
    .getAllByRole('row')
    .map(({ textContent }) => textContent)

afterEach(() => vi.unstubAllGlobals())

describe('the breakdown by name', () => {
  it('is read when it is asked for, with the rest as no name', async () => {
    const requests = open({ 'GET /tenants/acme/usage/top': { body: topOf(ADA, REST) } })
    expect(requests).toEqual([])
    await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Break down by' }), 'Users')
    await screen.findByText('ada')
    expect(await rows()).toEqual([
      'UserCallsTokens inTokens outTokensErrorsCost',
      'ada282100$3.00',
      'The rest10000$1.50',
    ])
    expect(Object.fromEntries(requests[0]?.query ?? [])).toEqual({
      group_by: 'user',
      from: '2026-11-01T00:00:00Z',
      to: '2026-12-01T00:00:00Z',
      limit: '500',
    })
  })

  it('is what a link asks for: a tag, and its values as text', async () => {
    const html = rowOf('<img src=x onerror=alert(1)>', { calls: 1 })
    const requests = open(
      { 'GET /tenants/acme/usage/top': { body: topOf(html, rowOf(null)) } },
      '/t/acme?by=tag:team',
    )
    expect(await screen.findByText('<img src=x onerror=alert(1)>')).toBeInTheDocument()
    expect(screen.getByRole('combobox', { name: 'Break down by' })).toHaveDisplayValue('Tag: team')
    expect(requests[0]?.query.get('group_by')).toBe('tag:team')
    expect(screen.queryByText('The rest')).not.toBeInTheDocument()
  })

  it('shows keys by their labels', async () => {
    const key = rowOf('f'.repeat(64), { label: 'Backend', calls: 1 })
    open({ 'GET /tenants/acme/usage/top': { body: topOf(key) } }, '/t/acme?by=key')
    expect(await screen.findByText('Backend')).toBeInTheDocument()
  })

  it('shows models where a link asks for what there is not', () => {
    expect(open({}, '/t/acme?by=tag:%3Cb%3E')).toEqual([])
    expect(screen.getByRole('table', { name: 'Usage by model and provider' })).toBeInTheDocument()
  })

  it('says that it could not be loaded', async () => {
    open(
      { 'GET /tenants/acme/usage/top': problem(503, 'unavailable', 'The store is away.') },
      '/t/acme?by=user',
    )
    expect(await screen.findByText('Could not load the breakdown')).toBeInTheDocument()
  })
})

it('draws the names that a link asks for, by days in UTC', async () => {
  const step = { start: '2026-11-21T00:00:00Z', label: '2026-11-21' }
  const series = {
    from: '2026-11-01T00:00:00Z',
    to: '2026-11-23T00:00:00Z',
    granularity: 'day',
    group_by: 'user',
    time_zone: 'UTC',
    points: [
      { ...step, ...ADA },
      { ...step, ...REST, label: step.label },
    ].map(({ name, ...point }) => ({ ...point, name, label: step.label })),
  }
  const requests = serveApi({ 'GET /tenants/acme/usage/series': { body: series } })
  const usage = { ...USAGE, tenant: { ...USAGE.tenant, time_zone: 'Asia/Tokyo' } }
  renderPage(<TrendCard usage={usage} isCurrent />, { at: '/t/acme?chart=user' })
  await userEvent.click(await screen.findByRole('button', { name: 'Show as table' }))
  expect(await rows()).toEqual(['Day (UTC)AlladaThe rest', '21 Nov$4.50$3.00$1.50'])
  expect(screen.queryByRole('radio', { name: 'Hours' })).not.toBeInTheDocument()
  expect(requests[0]?.query.get('tz')).toBe('UTC')
  expect(requests[0]?.query.get('group_by')).toBe('user')
})
