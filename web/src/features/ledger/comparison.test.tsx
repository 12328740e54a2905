// What the usage page says about the period before, and that all of its choices stand in the address.
import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import { serveApi } from '@/testing/api'
import { comparisonOf } from '@/testing/comparisons'
import { renderPage } from '@/testing/render'
import { usageOf } from '@/testing/usage'

import { PeriodPicker } from './period-picker'
import { SummaryCard } from './summary-card'
import { TrendCard } from './trend-card'

const usage = usageOf()

function openTrend(at: string) {
  serveApi({})
  return renderPage(<TrendCard usage={usage} isCurrent comparison={comparisonOf()} />, { at })
}

test('each figure has its change in percent, where there is one', () => {
  renderPage(<SummaryCard aggregate={usage.aggregate} comparison={{ ...comparisonOf(), zone: 'UTC' }} />)
  const changeOf = (label: string) => screen.getByText(label, { selector: 'dt' }).parentElement
  expect(changeOf('Runs')).toHaveTextContent('+100% against the period before')
  expect(changeOf('LLM calls')).toHaveTextContent('−12.5% against the period before')
  expect(changeOf('Errors')).toHaveTextContent('±0% against the period before')
  expect(changeOf('Cost')).not.toHaveTextContent('against')
  expect(screen.getByText(/^Changes are against 16 Nov 2026 – 17 Nov 2026, as much of/)).toBeVisible()
})

test('metric and interval are those of the address, and change it', async () => {
  const { router } = openTrend('/t/acme?metric=tokens&interval=total')
  expect(screen.getByRole('radio', { name: 'Tokens' })).toBeChecked()
  expect(await screen.findByText(/^5,000 so far\. .*Limit: [\d,]+\.$/)).toBeVisible()
  await userEvent.click(screen.getByRole('radio', { name: 'Days' }))
  expect(router.state.location.search).toBe('?metric=tokens')
})

test('the running total is a table too', async () => {
  openTrend('/t/acme?metric=tokens&interval=total')
  await userEvent.click(await screen.findByRole('button', { name: 'Show as table' }))
  const rows = within(screen.getByRole('table', { name: 'Running total by day' })).getAllByRole('row')
  expect(rows.map((row) => row.textContent)).toEqual([
    'DayTotalPrevious period',
    '20 Nov2,0001,000',
    '21 Nov5,0004,000',
    '22 Nov–4,000',
  ])
})

test('a day leads to its hours', async () => {
  openTrend('/t/acme?metric=tokens')
  await userEvent.click(await screen.findByRole('button', { name: 'Show as table' }))
  expect(screen.getByRole('link', { name: '21 Nov' })).toHaveAttribute(
    'href',
    '/t/acme?metric=tokens&from=2026-11-21&to=2026-11-21&interval=hour',
  )
})

test('ranges that people often ask for are one press away, and keep the rest of the address', async () => {
  const at = '/t/acme?from=2026-11-01&to=2026-11-02&metric=tokens'
  const { router } = renderPage(<PeriodPicker now="2026-11-22T12:00:00Z" zone="UTC" />, { at })
  const ranges = within(await screen.findByRole('list', { name: 'Ranges' }))
  await userEvent.click(ranges.getByRole('button', { name: 'Last month' }))
  expect(router.state.location.search).toBe('?metric=tokens&from=2026-10-01&to=2026-10-31')
  await userEvent.click(await screen.findByRole('button', { name: 'Last 7 days' }))
  expect(router.state.location.search).toBe('?metric=tokens&from=2026-11-16&to=2026-11-22')
  expect(await screen.findByRole('button', { name: 'Last 7 days' })).toHaveAttribute('aria-pressed', 'true')
})
