import { screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { Usage } from '@/lib/api/types'
import { serveApi } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { usageOf } from '@/testing/usage'

import { ForecastCard } from './forecast-card'
import { UsedCard } from './used-card'

const { status, limits, forecast } = usageOf()

const LEFT_OUT = /Some calls have no complete price/

/** Usage of $9.999999999 of $10, of which nothing or something is left out. */
function costing({ isComplete = true } = {}): Usage {
  return usageOf({
    status: status && {
      ...status,
      cost_used_usd: '9.999999999',
      cost_limit_usd: '10.00',
      cost_remaining_usd: '0.000000001',
      cost_usage_percent: 99.99,
      cost_is_complete: isComplete,
    },
    limits: limits && {
      ...limits,
      provider_cost_usd: '10.00',
      soft_provider_cost_usd: '8.00',
      hard_provider_cost_usd: '10.00',
    },
    forecast: forecast && {
      ...forecast,
      cost_usd_at_end: '14.00',
      cost_status: isComplete ? 'complete' : 'incomplete',
    },
  })
}

beforeEach(() => void serveApi({ 'GET /plans': { body: { plans: [] } } }))
afterEach(() => vi.unstubAllGlobals())

it('shows no meter of an unlimited cost', () => {
  renderPage(<UsedCard usage={usageOf()} />)
  expect(screen.getAllByRole('meter')).toHaveLength(2)
})

it('shows the cost beside its limit, and never rounds it up to the limit', () => {
  renderPage(<UsedCard usage={costing()} />)
  const meter = screen.getByRole('meter', { name: 'Provider cost' })
  expect(meter).toHaveAttribute('aria-valuenow', '99.99')
  expect(meter).toHaveAttribute('aria-valuetext', '99.9% used, $9.999999999 of $10.00')
  expect(screen.getByText('$9.99')).toBeInTheDocument()
  expect(screen.queryByText(LEFT_OUT)).not.toBeInTheDocument()
})

it('says when the cost leaves calls out', () => {
  renderPage(<UsedCard usage={costing({ isComplete: false })} />)
  expect(screen.getByTitle('at least $9.999999999 of $10.00')).toHaveTextContent('at least $9.99 of $10.00')
  expect(screen.getByText(LEFT_OUT)).toBeInTheDocument()
})

it.each([
  [true, 'about $14.00 of $10.00'],
  [false, 'at least $14.00 of $10.00'],
])('forecasts the cost beside its limit, complete: %s', (isComplete, words) => {
  renderPage(<ForecastCard usage={costing({ isComplete })} />)
  expect(screen.getByText('Cost at reset').nextSibling).toHaveTextContent(words)
})

it('forecasts no cost where it is unlimited', () => {
  renderPage(<ForecastCard usage={usageOf()} />)
  expect(screen.queryByText('Cost at reset')).not.toBeInTheDocument()
})
