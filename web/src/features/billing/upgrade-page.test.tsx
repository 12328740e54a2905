import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it } from 'vitest'

import type { BillingState } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { ENTERPRISE, FREE, PLANS, PROFESSIONAL, STARTER } from '@/testing/plans'
import { renderPage } from '@/testing/render'
import { tenantOf, unusedUsage } from '@/testing/tenants'

import { pendingCheckout } from './pending-checkout'
import { UpgradePage } from './upgrade-page'

const CATALOG = { 'GET /plans': { body: { plans: PLANS } } }
const CHECKOUT = 'POST /tenants/acme/checkout-sessions'
const ON_PROFESSIONAL: Partial<BillingState> = {
  plan: 'professional',
  plan_name: 'Professional',
  plan_terms: PROFESSIONAL,
  status: 'active',
  interval: 'month',
}

/** An address on this page, which a browser without navigation can go to; it stands for Stripe's. */
const stripePage = (name: string) => ({ body: { url: `${window.location.origin}/#${name}` } })

async function showPlans(
  routes: Routes,
  billing: Partial<BillingState> = {},
  role: 'owner' | 'member' = 'owner',
) {
  const requests = serveApi({ ...CATALOG, ...routes })
  const usage = unusedUsage(role)
  usage.billing = { ...usage.billing, ...billing }
  renderPage(<UpgradePage />, { tenant: tenantOf(role, usage) })
  await screen.findAllByRole('article')
  return requests
}

const card = (name: RegExp) => within(screen.getByRole('article', { name }))
const buttons = () => screen.queryAllByRole('button').map((button) => button.textContent)

afterEach(() => {
  sessionStorage.clear()
  window.location.hash = ''
})

describe('the plans', () => {
  it('are those of the catalog, with what each allows and costs', async () => {
    await showPlans({})
    const professional = card(/Professional/)
    for (const text of ['2,000,000', '500', '60', '$99']) expect(professional.getByText(text)).toBeVisible()
  })

  it('are paid yearly at the price and the saving of the catalog', async () => {
    await showPlans({})
    await userEvent.click(screen.getByRole('radio', { name: 'Yearly (save 17%)' }))
    expect(card(/Professional/).getByText('$990')).toBeVisible()
    expect(card(/Professional/).getByText('$82.50 per month, save 17%')).toBeVisible()
    expect(card(/Free/).getByText('$0')).toBeVisible()
  })

  it('mark the one that holds, and offer up and down by their order', async () => {
    await showPlans({}, ON_PROFESSIONAL)
    expect(card(/Professional, your plan/).getByText('Your plan')).toBeVisible()
    expect(buttons()).toEqual([
      'Manage billing',
      'Downgrade to Free',
      'Downgrade to Starter',
      'Upgrade to Enterprise',
    ])
  })

  it('show the terms that the tenant bought, and say that others are sold by now', async () => {
    const bought = { ...PROFESSIONAL, tokens_per_period: 1_500_000, usd_monthly: '79.00' }
    const newest = { ...PROFESSIONAL, version: 2 }
    const plans = [FREE, STARTER, newest, ENTERPRISE]
    await showPlans({ 'GET /plans': { body: { plans } } }, { ...ON_PROFESSIONAL, plan_terms: bought })
    const own = card(/Professional, your plan/)
    for (const text of ['1,500,000', '$79']) expect(own.getByText(text)).toBeVisible()
    expect(own.getByText(/You keep the terms that you bought/)).toBeVisible()
    await userEvent.click(screen.getByRole('radio', { name: /Yearly/ }))
    expect(card(/Professional, your plan/).getByText('2,000,000')).toBeVisible()
  })

  it("include the tenant's own plan when it is not offered any more, in its place", async () => {
    await showPlans({ 'GET /plans': { body: { plans: [FREE, STARTER, ENTERPRISE] } } }, ON_PROFESSIONAL)
    const names = screen.getAllByRole('article').map((article) => article.getAttribute('aria-label'))
    expect(names).toEqual(['Free', 'Starter', 'Professional, your plan', 'Enterprise'])
    expect(buttons()).toContain('Downgrade to Starter')
  })

  it('are unlimited where they have no limit, and say what calls may cost at providers', async () => {
    const open = { ...STARTER, tokens_per_period: null, requests_per_minute: null }
    const capped = { ...PROFESSIONAL, provider_cost_usd_per_period: '49.50' }
    await showPlans({ 'GET /plans': { body: { plans: [FREE, open, capped] } } })
    expect(card(/Starter/).getAllByText('Unlimited')).toHaveLength(3)
    expect(card(/Professional/).getByText('$49.50')).toBeVisible()
  })

  it('offer no button for an interval that is not sold', async () => {
    const monthly = { ...STARTER, usd_yearly: null, usd_yearly_per_month: null, yearly_saving_percent: 0 }
    await showPlans({ 'GET /plans': { body: { plans: [FREE, monthly, PROFESSIONAL] } } })
    expect(card(/Starter/).getByText('Sold by the month only')).toBeVisible()
    await userEvent.click(screen.getByRole('radio', { name: /Yearly/ }))
    expect(card(/Starter/).getByText('Not sold')).toBeVisible()
    expect(buttons()).not.toContain('Upgrade to Starter')
  })

  it('offer a subscriber to pay the same plan otherwise', async () => {
    const requests = await showPlans({ [CHECKOUT]: stripePage('portal') }, ON_PROFESSIONAL)
    await userEvent.click(screen.getByRole('radio', { name: /Yearly/ }))
    await userEvent.click(screen.getByRole('button', { name: 'Switch to yearly' }))
    expect(requests.at(-1)?.body).toEqual({ plan: 'professional', interval: 'year' })
  })

  it('know a plan that billing calls by another id', async () => {
    await showPlans({}, { ...ON_PROFESSIONAL, plan: 'pro' })
    expect(screen.getByRole('article', { name: 'Professional, your plan' })).toBeVisible()
  })

  it('say when a canceled one ends, and no longer offer to cancel it', async () => {
    await showPlans({}, { ...ON_PROFESSIONAL, ends_at: '2026-12-12T12:00:00Z' })
    expect(card(/Professional/).getByText(/Canceled. Ends on/)).toHaveTextContent('12 Dec 2026')
    expect(card(/Free/).getByText(/Starts on/)).toHaveTextContent('12 Dec 2026')
    expect(buttons()).not.toContain('Downgrade to Free')
  })

  it('show grace and of a cancellation, each with its date', async () => {
    const pastDue = { ...ON_PROFESSIONAL, status: 'past_due', past_due_since: '2026-12-01T12:00:00Z' }
    const both = { ...pastDue, plan_ends_at: '2026-12-08T12:00:00Z', ends_at: '2026-12-12T12:00:00Z' }
    await showPlans({}, both)
    expect(card(/Professional/).getByText(/Pay by/)).toHaveTextContent('8 Dec 2026')
    expect(card(/Professional/).getByText(/Canceled. Ends on/)).toHaveTextContent('12 Dec 2026')
  })

  it('do not ask to pay for what is canceled anyway', async () => {
    const pastDue = { ...ON_PROFESSIONAL, status: 'past_due', past_due_since: '2026-12-01T12:00:00Z' }
    await showPlans({}, { ...pastDue, plan_ends_at: '2026-12-08T12:00:00Z', ends_at: '2026-12-08T12:00:00Z' })
    expect(card(/Professional/).queryByText(/Pay by/)).toBeNull()
  })

  it('say where the provider cost is limited otherwise, or was more than they include', async () => {
    const capped = { ...STARTER, provider_cost_usd_per_period: '5.00' }
    const usage = unusedUsage()
    serveApi({ 'GET /plans': { body: { plans: [FREE, capped, PROFESSIONAL] } } })
    usage.billing = { ...usage.billing, ...ON_PROFESSIONAL }
    usage.status = usage.status && { ...usage.status, cost_used_usd: '7.25' }
    usage.limits = usage.limits && { ...usage.limits, provider_cost_usd: '20.00' }
    renderPage(<UpgradePage />, { tenant: tenantOf('owner', usage) })
    expect(await screen.findByText('Custom limit: $20.00 provider cost per period.')).toBeVisible()
    expect(card(/Starter/).getByText(/You used \$7.25 of provider cost this period/)).toBeVisible()
    expect(card(/Free/).queryByText(/provider cost this period/)).toBeNull()
  })

  it('say which of them are smaller than what was used, in tokens and runs', async () => {
    const usage = unusedUsage()
    usage.billing = { ...usage.billing, ...ON_PROFESSIONAL }
    usage.status = usage.status && { ...usage.status, tokens_used: 60_000, runs_used: 30 }
    serveApi(CATALOG)
    renderPage(<UpgradePage />, { tenant: tenantOf('owner', usage) })
    await screen.findAllByRole('article')
    expect(card(/Free/).getByText(/You used 60,000 tokens and 30 runs this period, more/)).toBeVisible()
    expect(card(/Starter/).queryByText(/You used/)).toBeNull()
    expect(card(/Enterprise/).queryByText(/You used/)).toBeNull()
  })

  it('that were never bought are not offered to be canceled', async () => {
    await showPlans({}, { plan: 'enterprise', plan_name: 'Enterprise', plan_terms: ENTERPRISE })
    expect(card(/Free/).getByText(/Enterprise is not billed through Stripe/)).toBeVisible()
    expect(buttons()).not.toContain('Downgrade to Free')
  })

  it('advise members to ask an owner or admin', async () => {
    await showPlans({}, ON_PROFESSIONAL, 'member')
    expect(screen.getByText('Only owners and admins can change the plan')).toBeVisible()
    expect(buttons()).toEqual([])
  })

  it('that cannot be read are said not to be, and read again', async () => {
    let isAway = true
    serveApi({
      'GET /plans': () => (isAway ? problem(500, 'internal_error', 'It is broken.') : CATALOG['GET /plans']),
    })
    renderPage(<UpgradePage />, { tenant: tenantOf() })
    expect(await screen.findByRole('alert')).toHaveTextContent('Could not load plans')
    isAway = false
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findAllByRole('article')).toHaveLength(4)
  })
})

describe('choosing a plan', () => {
  it('leads to the checkout of it, and remembers what was before', async () => {
    const requests = await showPlans({ [CHECKOUT]: stripePage('checkout') })
    await userEvent.click(screen.getByRole('radio', { name: /Yearly/ }))
    await userEvent.click(screen.getByRole('button', { name: 'Upgrade to Starter' }))
    expect(requests.at(-1)?.body).toEqual({ plan: 'starter', interval: 'year' })
    await waitFor(() => expect(window.location.hash).toBe('#checkout'))
    const before = { plan: 'free', status: 'none', interval: null }
    expect(pendingCheckout('acme')).toEqual({ plan: 'starter', interval: 'year', before, ends: false })
  })

  it('leads back to Free through the portal', async () => {
    const requests = await showPlans({ [CHECKOUT]: stripePage('portal') }, ON_PROFESSIONAL)
    await userEvent.click(screen.getByRole('button', { name: 'Downgrade to Free' }))
    expect(requests.at(-1)).toMatchObject({ path: '/tenants/acme/checkout-sessions', body: { plan: 'free' } })
    await waitFor(() => expect(window.location.hash).toBe('#portal'))
  })

  it.each([
    [409, 'order_in_progress', 'Another checkout is in progress'],
    [403, 'missing_role', 'You cannot manage billing'],
    [503, 'billing_not_configured', 'Billing is not set up'],
    [503, 'unavailable', 'Could not open Stripe. Stripe does not answer.'],
  ])('that is refused by %s %s says why, and stays here', async (status, code, words) => {
    await showPlans({ [CHECKOUT]: problem(status, code, 'Stripe does not answer') })
    await userEvent.click(screen.getByRole('button', { name: 'Upgrade to Starter' }))
    expect(await screen.findByRole('alert')).toHaveTextContent(words)
    expect(screen.getByRole('button', { name: 'Upgrade to Starter' })).toBeEnabled()
    expect(pendingCheckout('acme')).toBeNull()
    expect(window.location.hash).toBe('')
  })

  it('never leads to an address that is not an encrypted page', async () => {
    await showPlans({ [CHECKOUT]: { body: { url: 'javascript:alert(1)' } } })
    await userEvent.click(screen.getByRole('button', { name: 'Upgrade to Starter' }))
    expect(await screen.findByRole('alert')).toHaveTextContent('javascript:alert(1)')
  })
})
