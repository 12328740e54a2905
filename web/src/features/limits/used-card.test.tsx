import { screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { LimitStatus } from '@/lib/api/types'
import { serveApi } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { usageOf } from '@/testing/usage'

import { UsedCard } from './used-card'

const { status, limits } = usageOf()

function show(held: Partial<LimitStatus>, costLimit: string | null = null) {
  renderPage(
    <UsedCard
      usage={usageOf({
        status: status && { ...status, ...held },
        limits: limits && {
          ...limits,
          provider_cost_usd: costLimit,
          soft_provider_cost_usd: costLimit,
          hard_provider_cost_usd: costLimit,
        },
      })}
    />,
  )
}

beforeEach(() => void serveApi({ 'GET /plans': { body: { plans: [] } } }))
afterEach(() => vi.unstubAllGlobals())

it('says nothing of runs in progress while nothing is reserved', () => {
  show({})
  expect(screen.queryByText(/reserved/)).not.toBeInTheDocument()
})

it('shows the tokens and dollars that are reserved, and those that are left', () => {
  show(
    {
      ...{ tokens_held: 40_000, tokens_remaining: 160_000 },
      ...{
        cost_held_usd: '7.50',
        cost_limit_usd: '100.00',
        cost_remaining_usd: '50.00',
        cost_usage_percent: 42.5,
      },
    },
    '100.00',
  )
  expect(screen.getByRole('meter', { name: 'Tokens' })).toHaveAttribute(
    'aria-valuetext',
    '60% used, 300,000 of 500,000 tokens, 40,000 reserved',
  )
  expect(screen.getByRole('meter', { name: 'Provider cost' })).toHaveAttribute(
    'aria-valuetext',
    '42.5% used, $42.50 of $100.00, $7.50 reserved',
  )
  expect(
    screen.getByText(
      'Runs in progress have reserved 40,000 tokens and $7.50. Left: 160,000 tokens and $50.00.',
    ),
  ).toBeVisible()
})

it('names dollars that are reserved where the cost is unlimited', () => {
  show({ cost_held_usd: '7.50' })
  expect(screen.getByText('Runs in progress have reserved $7.50.')).toBeVisible()
})
