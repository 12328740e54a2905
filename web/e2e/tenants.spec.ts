// A user with several tenants.
import { expect, test, type Page } from '@playwright/test'

import { newTenant, pathOf, record, signIn } from './support/tenants.ts'
import { expectTokens } from './support/usage-page.ts'

test('one person switches between tenants, and each shows its own usage', async ({ page }) => {
  const first = await newTenant('First')
  await record(first.key, { tokens: 1_234 })
  await signIn(page, first.owner, pathOf(first))
  await expectTokens(page, '1,234 of 50,000')

  await choose(page, 'First', 'New tenant')
  await page.getByLabel('Name').fill('Second')
  await page.getByRole('button', { name: 'Create tenant' }).click()
  await expect(page).toHaveURL(/\/t\/second-/)
  await expectTokens(page, '0 of 50,000')

  await choose(page, 'Second', /^First/)
  await expect(page).toHaveURL(new RegExp(`${pathOf(first)}$`))
  await expectTokens(page, '1,234 of 50,000')
  await page.goto('/')
  await expect(page).toHaveURL(new RegExp(`${pathOf(first)}$`))
})

async function choose(page: Page, current: string, item: string | RegExp) {
  await page.getByRole('button', { name: `Tenant ${current}: switch tenant` }).click()
  await page.getByRole('menu').getByText(item).first().click()
}
