// A new customer, from the sign-up form to a revoked key.
import { expect, test, type Page } from '@playwright/test'

import { confirmationLink, newCredentials } from './support/accounts.ts'
import { fillCredentials, record, usageAs } from './support/tenants.ts'
import { expectLive, expectTokens } from './support/usage-page.ts'

test('a new customer signs up, records, upgrades, pays and revokes a key', async ({ page }) => {
  await signUp(page)
  await createTenant(page, 'Journey Inc.')
  const key = await createKey(page, 'production')

  await page.getByRole('link', { name: 'Usage', exact: true }).click()
  await expectLive(page)
  await markDocument(page)
  expect(await record(key, { tokens: 1_200, run_id: 'first' })).toMatchObject({ status: 200 })
  await expectTokens(page, '1,200 of 50,000')
  await record(key, { tokens: 300, run_id: 'first' })
  await expectTokens(page, '1,500 of 50,000')

  await record(key, { tokens: 39_000, run_id: 'first' })
  await expect(page.getByText('You used 80% of your tokens')).toBeVisible()
  await expectTokens(page, '40,500 of 50,000')
  await expectSameDocument(page)

  await upgrade(page)
  await expectTokens(page, '40,500 of 500,000')
  await expect(page.getByText('You used 80% of your tokens')).toBeHidden()
  await expectPaidInvoice(page)

  await revokeKey(page, 'production')
  // Another function than the one that has known the key for a minute, and may know it for one more.
  expect(await usageAs(key, { id: tenantOf(page) })).toMatchObject({ status: 401 })
})

const tenantOf = (page: Page) => /\/t\/([^/]+)/.exec(page.url())?.[1] ?? ''

async function signUp(page: Page) {
  const { email, password } = newCredentials('journey')
  await page.goto('/sign-up')
  await fillCredentials(page, email, password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByText(`We sent a link to ${email}.`)).toBeVisible()
  expect((await fetch(await confirmationLink(email))).status).toBe(200)
  await page.getByRole('button', { name: 'I confirmed my email' }).click()
}

async function createTenant(page: Page, name: string) {
  await expect(page.getByRole('heading', { name: 'Welcome' })).toBeVisible()
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Create tenant' }).click()
  await expect(page).toHaveURL(/\/t\/journey-inc-/)
  await expectTokens(page, '0 of 50,000')
}

/** Create a key and return its secret, which the page then shows no more. */
async function createKey(page: Page, name: string): Promise<string> {
  await page.getByRole('link', { name: 'Settings' }).click()
  // The usage page, which stays until the next one has loaded, has a button of this name too.
  await page
    .getByRole('region', { name: 'API keys', exact: true })
    .getByRole('button', { name: 'Create key' })
    .click()
  const form = page.getByRole('dialog', { name: 'Create an API key' })
  await form.getByLabel('Name').fill(name)
  await form.getByRole('button', { name: 'Create key' }).click()
  const shown = page.getByRole('dialog', { name: `Key “${name}” is ready` })
  const secret = await shown.getByRole('region', { name: 'API key' }).innerText()
  await shown.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('row', { name })).toContainText('Active')
  await expect(page.getByText(secret)).toBeHidden()
  return secret
}

/** From the notice to the plans, through Stripe's page, and back to what is really the plan then. */
async function upgrade(page: Page) {
  await page.getByRole('link', { name: 'See plans' }).click()
  const starter = page.getByRole('article', { name: 'Starter' })
  await starter.getByRole('button', { name: /Starter/ }).click()
  await expect(page.getByText('Local Stripe double')).toBeVisible()
  await page.getByRole('button', { name: 'Pay with a card that works' }).click()
  await expect(page).toHaveURL(/\/upgrade\?checkout=success$/)
  await expect(page.getByText('You are on Starter')).toBeVisible()
  await expect(page.getByRole('article', { name: 'Starter, your plan' })).toBeVisible()
  await page.getByRole('link', { name: 'Go to usage' }).click()
}

async function expectPaidInvoice(page: Page) {
  const invoices = page.getByRole('table', { name: 'Invoices' })
  await page.getByRole('heading', { name: 'Invoices' }).scrollIntoViewIfNeeded()
  await expect(invoices.getByRole('row', { name: /Paid.*\$29\.00/ })).toBeVisible()
}

async function revokeKey(page: Page, name: string) {
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('button', { name: `Revoke ${name}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke key' }).click()
  await expect(page.getByText('No active keys')).toBeVisible()
}

/** What a reload would lose. */
async function markDocument(page: Page) {
  await page.evaluate(() => (document.documentElement.dataset.marked = 'yes'))
}

async function expectSameDocument(page: Page) {
  expect(await page.evaluate(() => document.documentElement.dataset.marked)).toBe('yes')
}
