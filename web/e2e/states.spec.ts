// Failures, clocks that are wrong, and costs that are not known.
import { expect, test } from '@playwright/test'

import { newTenant, pathOf, record, signIn } from './support/tenants.ts'
import { expectLive, expectTokens } from './support/usage-page.ts'

const HOURS = 3_600_000

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

/** When a free tenant's period ends, as the page's `<time>` carries it. */
function nextMonth(): string {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString().replace('.000', '')
}
