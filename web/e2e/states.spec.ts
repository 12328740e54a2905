// Failures, odd names and large data.
import { expect, test } from '@playwright/test'

import { seriesRows, USAGE_ROUTE } from './support/answers.ts'
import { newTenant, pathOf, record, signIn } from './support/tenants.ts'
import { expectLive, expectTokens } from './support/usage-page.ts'

const HTML = '<img src=x onerror="document.title=`taken over`">'
const HOURS = 3_600_000
const SERIES = 10_000

test('with the API down the page says what failed, and shows the figures at the next try', async ({
  page,
}) => {
  const tenant = await newTenant()
  await record(tenant.key, { tokens: 1_234 })
  await page.route('**/api/v1/**', (route) => route.abort())
  await signIn(page, tenant.owner, pathOf(tenant))
  const failure = page.getByRole('alert').filter({ hasText: 'Could not load usage' })
  await expect(failure).toContainText('The service did not respond.')
  await page.unroute('**/api/v1/**')
  await failure.getByRole('button', { name: 'Try again' }).click()
  await expectTokens(page, '1,234 of 50,000')
})

test('the page shows the message and code of an API problem', async ({ page }) => {
  const tenant = await newTenant()
  const problem = {
    code: 'unavailable',
    title: 'Unavailable',
    detail: 'Firestore does not answer.',
    status: 503,
  }
  await page.route('**/api/v1/tenants/*/runs*', (route) =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', json: problem }),
  )
  await signIn(page, tenant.owner, pathOf(tenant, '/runs'))
  const failure = page.getByRole('alert').filter({ hasText: 'Could not load runs' })
  await expect(failure).toContainText('Firestore does not answer.')
  await expect(failure).toContainText('unavailable')
  await page.unroute('**/api/v1/tenants/*/runs*')
  await failure.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByText('No runs yet')).toBeVisible()
})

test('offline the page says so, keeps its figures, and goes on when it is back', async ({
  page,
  context,
}) => {
  const tenant = await newTenant()
  await record(tenant.key, { tokens: 1_234 })
  await signIn(page, tenant.owner, pathOf(tenant))
  await expectTokens(page, '1,234 of 50,000')
  await expectLive(page)
  await context.setOffline(true)
  await expect(page.getByText('You are offline. Figures may be out of date')).toBeVisible()
  await expectTokens(page, '1,234 of 50,000')
  await record(tenant.key, { tokens: 1 })
  await context.setOffline(false)
  await expect(page.getByText('You are offline.')).toBeHidden()
  await expectTokens(page, '1,235 of 50,000')
  await expectLive(page)
})

test('other pages load while the browser is idle, and open without a network', async ({ page, context }) => {
  const tenant = await newTenant()
  const lastPage = page.waitForEvent('requestfinished', (request) => /audit-log-page/.test(request.url()))
  await signIn(page, tenant.owner, pathOf(tenant))
  await expectLive(page)
  await lastPage
  await context.setOffline(true)
  for (const name of ['Runs', 'Plans', 'Settings']) {
    await page.getByRole('link', { name, exact: true }).click()
    await expect(page.getByRole('heading', { name, exact: true })).toBeVisible()
  }
  await context.setOffline(false)
  await expect(page.getByRole('row', { name: 'agents' })).toBeVisible()
})

test('while offline a change says at once that it cannot be made', async ({ page, context }) => {
  const tenant = await newTenant()
  await signIn(page, tenant.owner, pathOf(tenant, '/settings/keys'))
  await page.getByRole('button', { name: 'Revoke agents' }).click()
  await context.setOffline(true)
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Revoke key' }).click()
  await expect(dialog.getByText('You are offline.')).toBeVisible()
  await context.setOffline(false)
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('row', { name: 'agents' })).toContainText('Active')
})

test('a page that cannot load keeps the navigation, and other pages open', async ({ page }) => {
  const tenant = await newTenant()
  await page.route('**/*runs-page*', (route) => route.fulfill({ status: 503 }))
  await signIn(page, tenant.owner, pathOf(tenant))
  await expectTokens(page, '0 of 50,000')
  await page.getByRole('link', { name: 'Runs', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'This page failed to load' })).toBeVisible()
  await page.getByRole('link', { name: 'Plans', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Plans', exact: true })).toBeVisible()
})

test('while usage cannot be read the navigation stays, and leads to other tenants', async ({ page }) => {
  const tenant = await newTenant('Elsewhere')
  await page.route('**/api/v1/tenants/*/usage*', (route) => route.fulfill({ status: 503 }))
  await signIn(page, tenant.owner, pathOf(tenant))
  await expect(page.getByRole('alert')).toContainText('Could not load usage')
  await expect(page.getByRole('link', { name: 'Plans', exact: true })).toBeVisible()
  await page.getByRole('button', { name: /: switch tenant$/ }).click()
  await expect(page.getByRole('menuitemradio', { name: /Elsewhere/ })).toBeVisible()
})

test('names with HTML in them are text, wherever they are shown', async ({ page }) => {
  const tenant = await newTenant(HTML)
  await record(tenant.key, { provider: HTML, model: HTML, run_id: HTML, tokens: 10 })
  await signIn(page, tenant.owner, pathOf(tenant))
  await expect(page.getByRole('row').filter({ hasText: HTML }).first()).toBeVisible()
  await expect(page.getByRole('button', { name: `Tenant ${HTML}:` })).toBeVisible()
  await page.getByRole('link', { name: 'Runs', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Runs', exact: true })).toBeVisible() // the usage page has links with this name too
  await page.getByRole('link', { name: HTML }).click()
  await expect(page.getByRole('heading', { name: `Run ${HTML}` })).toBeVisible()
  expect(await page.locator('img').count()).toBe(0)
  await expect(page).not.toHaveTitle('taken over')
})

for (const skew of [-5, 5]) {
  test(`a clock that is ${skew} hours off changes neither the reset nor the figures`, async ({ page }) => {
    const tenant = await newTenant()
    await record(tenant.key, { tokens: 1_234 })
    await page.clock.install({ time: Date.now() + skew * HOURS })
    await signIn(page, tenant.owner, pathOf(tenant))
    await expectTokens(page, '1,234 of 50,000')
    await expect(page.locator(`time[datetime="${nextMonth()}"]`).first()).toBeVisible()
    await expectLive(page)
    await record(tenant.key, { tokens: 1 })
    await expectTokens(page, '1,235 of 50,000')
  })
}

test('a cost that leaves calls out is "at least" that, and one click or key leads to their models', async ({
  page,
}) => {
  const tenant = await newTenant()
  const priced = { model: 'gpt-4.1', tokens: 1_000_000 }
  await record(tenant.key, priced, { provider: 'together', model: 'our-ft-2', tokens: 10 })
  await signIn(page, tenant.owner, pathOf(tenant))
  const card = page.getByRole('region', { name: 'Cost', exact: true })
  await expect(card).toContainText('at least $2.00')
  const models = page.getByRole('table', { name: 'Usage by model and provider' })
  await expect(models.getByRole('row')).toHaveCount(1 + 2)
  const unpriced = models.getByRole('row').filter({ hasText: 'our-ft-2' })
  await expect(unpriced).toContainText('unknown')
  await expect(unpriced).not.toContainText('$')
  await card.getByRole('link', { name: '1 unpriced call' }).press('Enter')
  await expect(models.getByRole('row')).toHaveCount(1 + 1)
  await expect(models).toBeInViewport()
  await page.reload()
  await expect(unpriced).toBeInViewport()
  await page.getByRole('radio', { name: 'All costs' }).click()
  await expect(models.getByRole('row')).toHaveCount(1 + 2)
})

test('a tenant without events is shown how to send one, with a key of its own', async ({ page }) => {
  const tenant = await newTenant()
  await signIn(page, tenant.owner, pathOf(tenant))
  await page.getByRole('button', { name: 'Create key' }).click()
  const snippet = page.getByRole('region', { name: 'Python script' })
  await expect(snippet).toContainText(/gwi_(test|live)_/)
  await record(tenant.key, { tokens: 1_234 })
  await expect(page.getByRole('heading', { name: 'Top models' })).toBeVisible()
})

// The API's own limit per document is below this, so the answer is given here, shaped as the API's.
test(`${SERIES} series are listed, sorted and searched through without a stall`, async ({ page }) => {
  const tenant = await newTenant()
  await record(tenant.key, { tokens: 10 })
  await page.route(USAGE_ROUTE, async (route) => {
    const answer = await route.fetch()
    const usage = (await answer.json()) as { aggregate: { series: unknown[] } }
    usage.aggregate.series = seriesRows(SERIES)
    await route.fulfill({ response: answer, json: usage })
  })
  await signIn(page, tenant.owner, pathOf(tenant))
  await expect(page.getByText('50 of 10,000 rows')).toBeVisible()
  await page.getByRole('button', { name: 'Model', exact: true }).click()
  await expect(page.getByRole('rowheader', { name: 'model-00000' })).toBeVisible()
  await page.getByRole('button', { name: 'Show 50 more' }).click()
  await expect(page.getByRole('rowheader', { name: 'model-00099' })).toBeVisible()
})

/** When a free tenant's period ends, as the page's `<time>` carries it. */
function nextMonth(): string {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString().replace('.000', '')
}
