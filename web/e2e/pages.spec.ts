// Every page, at a desk and on a phone, without a complaint of the browser.
import { expect, test, type Browser, type Page } from '@playwright/test'

import { newAccount } from './support/accounts.ts'
import { expectUsable } from './support/audit.ts'
import { stack } from './support/stack.ts'
import { goWithinApp, newTenant, pathOf, record, signIn } from './support/tenants.ts'
import { expectLive } from './support/usage-page.ts'

type Place = {
  name: string
  path: string
  shows: string
  /** The status with which the API says no, which the browser's console tells too. */
  refusal?: number
  /** The only part in which it differs from a page that is looked at already. */
  region?: string
}

const demo = (page = '') => pathOf({ id: stack.tenant_id }, page)

const GUEST_PAGES: Place[] = [
  { name: 'sign-in', path: '/sign-in', shows: 'Sign in' },
  { name: 'sign-up', path: '/sign-up', shows: 'Create an account' },
  { name: 'reset-password', path: '/reset-password', shows: 'Reset your password' },
  { name: 'docs', path: '/docs', shows: 'API reference' },
  { name: 'docs-versions', path: '/docs/versions', shows: 'Versions of the API' },
  { name: 'not-found', path: '/no/such/page', shows: 'Page not found' },
]
const USAGE_PAGES: Place[] = [
  { name: 'usage', path: demo(), shows: 'Top models' },
  {
    name: 'usage-running',
    path: demo('?interval=total&metric=tokens'),
    shows: 'Usage over time',
    region: 'Usage over time',
  },
  {
    name: 'usage-not-priced',
    path: demo('?costs=incomplete#breakdown'),
    shows: 'Breakdown',
    region: 'Breakdown',
  },
  { name: 'statement', path: demo('/statement'), shows: 'Provider cost by model and tool' },
]
const OWNER_PAGES: Place[] = [
  { name: 'plans', path: demo('/upgrade'), shows: 'Professional' },
  { name: 'runs', path: demo('/runs?sort=duration&user_id=user-1'), shows: 'Runs' },
  { name: 'keys', path: demo('/settings/keys'), shows: 'API keys' },
  { name: 'members', path: demo('/settings/members'), shows: 'Members' },
  { name: 'budgets', path: demo('/settings/budgets'), shows: 'When usage cannot be read' },
  { name: 'alerts', path: demo('/settings/alerts'), shows: 'Past alerts' },
  { name: 'time-zone', path: demo('/settings/time-zone'), shows: 'Time zone' },
  { name: 'audit', path: demo('/settings/audit'), shows: 'Audit log' },
  { name: 'run-unknown', path: demo('/runs/no-such-run'), shows: 'Run not found', refusal: 404 },
  { name: 'new-tenant', path: '/new', shows: 'New tenant' },
  {
    name: 'no-access',
    path: pathOf({ id: 'no-such-tenant' }),
    shows: 'You do not have access to this tenant',
    refusal: 403,
  },
]

test('pages of guests, in the dark theme', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' })
  await inspect(page, GUEST_PAGES)
})

test('usage pages of an owner', async ({ browser }) => {
  await visiting(browser, async (page) => {
    await signIn(page, stack.user, demo('/runs'))
    await page
      .getByRole('table', { name: 'Runs' })
      .getByRole('link', { name: /^demo-/ })
      .nth(1)
      .click()
    await expect(page).toHaveURL(/\/runs\/demo-/)
    await inspect(page, [{ name: 'run', path: page.url(), shows: 'Run demo-' }, ...USAGE_PAGES])
  })
})

test('other pages of an owner', async ({ browser }) => {
  await visiting(browser, async (page) => {
    await signIn(page, stack.user, demo('/runs'))
    await expect(page.getByRole('heading', { name: 'Runs', exact: true })).toBeVisible()
    await inspect(page, OWNER_PAGES)
  })
})

test('pages of new users', async ({ browser }) => {
  const [unverified, tenant] = await Promise.all([newAccount({ emailVerified: false }), newTenant('Fresh')])
  await visiting(browser, async (page) => {
    await signIn(page, unverified)
    await expect(page.getByRole('button', { name: 'I confirmed my email' })).toBeVisible()
    await inspect(page, [{ name: 'verify-email', path: '/verify-email', shows: 'Confirm your email' }])
  })
  await visiting(browser, async (page) => {
    await signIn(page, tenant.owner, pathOf(tenant))
    await expectLive(page)
    await inspect(page, [{ name: 'usage-empty', path: pathOf(tenant), shows: 'Usage' }])
    await record(tenant.key, { tokens: 65_000 })
    await inspect(page, [{ name: 'usage-over', path: pathOf(tenant), shows: 'Top models' }])
  })
})

async function visiting(browser: Browser, visit: (page: Page) => Promise<void>) {
  const context = await browser.newContext()
  try {
    await visit(await context.newPage())
  } finally {
    await context.close()
  }
}

/** Open each page once, the first of them by its address, and audit it. */
async function inspect(page: Page, places: Place[]) {
  for (const [index, { name, path, shows, refusal, region }] of places.entries()) {
    const complaints = listenForComplaints(page, refusal)
    await (index === 0 ? page.goto(path) : goWithinApp(page, path))
    await expect(page.getByRole('heading', { name: shows }).first()).toBeVisible()
    await expectUsable(page, name, region)
    expect.soft({ name, complaints }).toEqual({ name, complaints: [] })
    await expect.soft(page).toHaveTitle(/GWI Usage$/)
  }
}

/** What the browser says against the page: errors, and what the content security policy kept out. */
function listenForComplaints(page: Page, refusal?: number): string[] {
  const complaints: string[] = []
  const expected = `the server responded with a status of ${refusal ?? 'no kind'}`
  page.removeAllListeners('console')
  page.removeAllListeners('pageerror')
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes(expected)) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return complaints
}
