// How a plan is bought, changed and ended on Stripe's pages, also by somebody with two tabs.
import { expect, test, type Page } from '@playwright/test'

import { picture } from './support/pictures.ts'
import { newTenant, pathOf, signIn } from './support/tenants.ts'

const WORKS = 'Pay with a card that works'

test('a declined card, a second tab, an upgrade and a downgrade leave one subscription', async ({
  page,
  context,
}) => {
  const tenant = await newTenant('Plans')
  await signIn(page, tenant.owner, pathOf(tenant, '/upgrade'))
  await choose(page, 'Upgrade to Starter')
  await page.getByRole('button', { name: 'Pay with a card that is declined' }).click()
  await expect(page.getByRole('alert')).toBeVisible()
  await picture(page, 'billing-declined', { fullPage: true })

  const second = await context.newPage()
  await second.goto(pathOf(tenant, '/upgrade'))
  await choose(second, 'Upgrade to Professional')
  await page.getByRole('button', { name: WORKS }).click()
  await expect(page.getByText('You are all done here')).toBeVisible()
  await picture(page, 'billing-other-tab-closed', { fullPage: true })
  await second.getByRole('button', { name: WORKS }).click()
  await expect(second.getByText('You are on Professional')).toBeVisible()
  await picture(second, 'billing-bought', { fullPage: true })

  await choose(second, 'Upgrade to Enterprise')
  await expect(second.getByText('Confirm your update: Enterprise')).toBeVisible()
  await second.getByRole('button', { name: 'Confirm' }).click()
  await expect(second.getByText('You are on Enterprise')).toBeVisible()
  await picture(second, 'billing-upgraded', { fullPage: true })

  await choose(second, 'Downgrade to Starter')
  await second.getByRole('button', { name: 'Confirm' }).click()
  await expect(second.getByText('You stay on Enterprise for now')).toBeVisible()
  const card = second.getByRole('article', { name: 'Enterprise, your plan' })
  await expect(card.getByText(/Changes to Starter on/)).toBeVisible()
  await picture(second, 'billing-downgrade-scheduled', { fullPage: true })

  await second.getByRole('link', { name: 'Go to usage' }).click()
  const invoices = second.getByRole('table', { name: 'Invoices' })
  await second.getByRole('heading', { name: 'Invoices' }).scrollIntoViewIfNeeded()
  await expect(invoices.getByRole('row', { name: /\$99\.00/ })).toBeVisible()
  await expect(invoices.getByRole('row', { name: /\$29\.00.*Open|Open.*\$29\.00/ })).toHaveCount(0)
  await picture(second, 'billing-invoices', { fullPage: true })
})

test('a canceled plan stays until what is paid for ends', async ({ page }) => {
  const tenant = await newTenant('Leaving')
  await signIn(page, tenant.owner, pathOf(tenant, '/upgrade'))
  await choose(page, 'Upgrade to Starter')
  await page.getByRole('button', { name: WORKS }).click()
  await expect(page.getByText('You are on Starter')).toBeVisible()

  await choose(page, 'Downgrade to Free')
  await page.getByRole('button', { name: 'Cancel at the end of the period' }).click()
  await expect(page.getByText('You stay on Starter for now')).toBeVisible()
  await expect(page.getByText(/You change to the free plan on/)).toBeVisible()
  const card = page.getByRole('article', { name: 'Starter, your plan' })
  await expect(card.getByText(/Canceled. Ends on/)).toBeVisible()
  await picture(page, 'billing-canceled', { fullPage: true })
})

/** Press the button of a plan, and wait for Stripe's page. */
async function choose(page: Page, name: string) {
  await page.getByRole('button', { name }).click()
  await expect(page.getByText('Local Stripe double')).toBeVisible()
}
