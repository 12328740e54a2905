import { act, fireEvent, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { BillingState, Usage } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { PLANS } from '@/testing/plans'
import { renderPage } from '@/testing/render'
import { tenantOf, unusedUsage } from '@/testing/tenants'

import { CheckoutReturn } from './checkout-return'
import { rememberCheckout } from './pending-checkout'
import { WAITS_MS } from './use-plan-confirmation'

const USAGE = 'GET /tenants/acme/usage'
const WAITED_MS = WAITS_MS.reduce((sum, wait) => sum + wait)
const FREE = unusedUsage()
const PAID = usageWith({
  plan: 'professional',
  plan_name: 'Professional',
  status: 'active',
  interval: 'month',
})

function usageWith(billing: Partial<BillingState>): Usage {
  return { ...FREE, billing: { ...FREE.billing, ...billing } }
}

const remember = (before: Usage) =>
  rememberCheckout('acme', { plan: 'professional', interval: 'month', before: before.billing })

function comeBack(outcome: string, routes: Routes, role: 'owner' | 'member' = 'owner') {
  const requests = serveApi(routes)
  const place = { at: `/?checkout=${outcome}`, tenant: tenantOf(role, FREE) }
  return { requests, ...renderPage(<CheckoutReturn plans={PLANS} />, place) }
}

const STEP_MS = 500

/** Let time pass, in steps, because React sets the next timer only between them. */
async function pass(ms: number) {
  for (let passed = 0; passed < ms; passed += STEP_MS) await act(() => vi.advanceTimersByTimeAsync(STEP_MS))
}

/** Not userEvent, which waits for real time. */
async function click(element: HTMLElement) {
  fireEvent.click(element)
  await pass(STEP_MS)
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  sessionStorage.clear()
})

describe('after paying', () => {
  it('waits until the plan has really changed, then says which it is', async () => {
    remember(FREE)
    let usage = FREE
    comeBack('success', { [USAGE]: () => ({ body: usage }) })
    await pass(1500)
    expect(screen.getByText('Waiting for Stripe to confirm')).toBeVisible()
    expect(screen.queryByText(/You are on/)).toBeNull()
    usage = PAID
    await pass(3000)
    expect(screen.getByText('You are on Professional')).toBeVisible()
    expect(screen.getByText(/Stripe confirmed the change/)).toBeVisible()
  })

  it('asks no more once the plan has changed', async () => {
    remember(FREE)
    const { requests } = comeBack('success', { [USAGE]: { body: PAID } })
    await pass(2000)
    const asked = requests.length
    await pass(WAITED_MS)
    expect(requests.length).toBe(asked)
  })

  it('says after a minute that nothing was confirmed, and checks again when asked', async () => {
    remember(FREE)
    let usage = FREE
    const { requests } = comeBack('success', { [USAGE]: () => ({ body: usage }) })
    await pass(WAITED_MS + 1000)
    expect(screen.getByText('Stripe has not confirmed yet')).toBeVisible()
    expect(requests).toHaveLength(1 + WAITS_MS.length)
    usage = PAID
    await click(screen.getByRole('button', { name: 'Check again' }))
    await pass(1500)
    expect(screen.getByText('You are on Professional')).toBeVisible()
  })

  it('does not take the plan that was there before for a new one', async () => {
    remember(PAID)
    comeBack('success', { [USAGE]: { body: PAID } })
    await pass(WAITED_MS + 1000)
    expect(screen.getByText('Stripe has not confirmed yet')).toBeVisible()
  })

  it('does not take a subscription whose payment is open for a paid one', async () => {
    remember(FREE)
    comeBack('success', { [USAGE]: { body: usageWith({ status: 'incomplete' }) } })
    await pass(2000)
    expect(screen.getByText('Waiting for Stripe to confirm')).toBeVisible()
  })

  it('says that a confirmed downgrade comes when the billed period ends', async () => {
    const [plan, interval] = ['professional', 'month'] as const
    rememberCheckout('acme', { plan, interval, before: { ...PAID.billing, interval: 'year' } })
    const scheduled = usageWith({
      ...PAID.billing,
      interval: 'year',
      scheduled_plan: plan,
      scheduled_plan_name: 'Professional',
      scheduled_interval: interval,
      scheduled_at: '2027-03-01T00:00:00Z',
    })
    const { requests } = comeBack('success', { [USAGE]: { body: scheduled } })
    await pass(2000)
    expect(screen.getByText('You stay on Professional for now')).toBeVisible()
    expect(screen.getByText(/You change to Professional, paid by the month/)).toBeVisible()
    expect(requests).toHaveLength(1)
  })

  it('says when a plan ends that was canceled, once Stripe has confirmed it', async () => {
    rememberCheckout('acme', { plan: 'free', interval: 'month', before: PAID.billing, ends: true })
    let usage = PAID
    comeBack('success', { [USAGE]: () => ({ body: usage }) })
    await pass(1500)
    expect(screen.getByText('Waiting for Stripe to confirm')).toBeVisible()
    usage = usageWith({ ...PAID.billing, ends_at: '2027-03-01T00:00:00Z' })
    await pass(3000)
    expect(screen.getByText('You stay on Professional for now')).toBeVisible()
    expect(screen.getByText(/You change to the free plan on/)).toBeVisible()
  })

  it('claims no change where it does not know what was before', async () => {
    comeBack('success', { [USAGE]: { body: PAID } })
    await pass(500)
    expect(screen.getByText('You are on Professional')).toBeVisible()
    expect(screen.getByText(/does not know what changed/)).toBeVisible()
  })

  it('believes no address: on Free nothing was confirmed', async () => {
    comeBack('success', { [USAGE]: { body: FREE } })
    await pass(WAITED_MS + 1000)
    expect(screen.getByText('Stripe has not confirmed yet')).toBeVisible()
  })

  it('says if the plan could not be read', async () => {
    remember(FREE)
    comeBack('success', { [USAGE]: problem(503, 'unavailable', 'Firestore does not answer') })
    await pass(WAITED_MS + 1000)
    expect(screen.getByText(/Could not load the plan: Firestore does not answer/)).toBeVisible()
  })

  it('is forgotten by the address when it is dismissed', async () => {
    remember(FREE)
    const { router } = comeBack('success', { [USAGE]: { body: PAID } })
    await pass(500)
    await click(screen.getByRole('button', { name: 'Dismiss' }))
    expect(router.state.location.search).toBe('')
    expect(screen.queryByText('You are on Professional')).toBeNull()
  })
})

describe('after turning back', () => {
  it('says that nothing changed, and offers both ways', async () => {
    remember(FREE)
    const { requests } = comeBack('canceled', {
      'POST /tenants/acme/checkout-sessions': { body: { url: `${window.location.origin}/#again` } },
    })
    expect(screen.getByText('Checkout canceled')).toBeVisible()
    expect(screen.getByText(/You are still on Free/)).toBeVisible()
    expect(screen.getByRole('link', { name: 'Go to usage' })).toHaveAttribute('href', '/t/acme')
    await click(screen.getByRole('button', { name: 'Upgrade to Professional' }))
    expect(requests.at(-1)?.body).toEqual({ plan: 'professional', interval: 'month' })
  })

  it('offers no plan that it does not remember, and none to a member', () => {
    comeBack('canceled', {})
    expect(screen.queryByRole('button', { name: /Upgrade/ })).toBeNull()
    remember(FREE)
    comeBack('canceled', {}, 'member')
    expect(screen.queryByRole('button', { name: /Upgrade/ })).toBeNull()
  })
})

it('says nothing on any other address', () => {
  comeBack('maybe', {})
  expect(screen.queryAllByText(/checkout|Stripe|Professional/i)).toEqual([])
})
