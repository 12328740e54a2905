// A user with several tenants, and the CSV download.
import { readFile } from 'node:fs/promises'

import { expect, test, type Page } from '@playwright/test'

import { newTenant, pathOf, record, signIn } from './support/tenants.ts'
import { expectLive, expectTokens } from './support/usage-page.ts'

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

test('what the chart shows is downloaded as CSV', async ({ page }) => {
  const tenant = await newTenant()
  await record(tenant.key, { model: 'gpt-4.1-mini', tokens: 1_234 })
  await signIn(page, tenant.owner, pathOf(tenant))
  await expectLive(page)
  await page.getByRole('combobox', { name: 'Group by' }).selectOption('Models')
  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download as CSV' }).click()
  const file = await waiting
  expect(file.suggestedFilename()).toMatch(/^usage-acme-.*-by-day\.csv$/)
  const [head, ...rows] = (await readFile(await file.path(), 'utf8')).trim().split(/\r?\n/)
  expect(head).toMatch(/^"start","provider","model","calls",/)
  // A row for every day so far, of which only today's has usage.
  expect(rows.filter((row) => row.includes(',"gpt-4.1-mini",'))).toHaveLength(rows.length)
  expect(rows.filter((row) => row.includes(',"gpt-4.1-mini",1,'))).toHaveLength(1)
})

async function choose(page: Page, current: string, item: string | RegExp) {
  await page.getByRole('button', { name: `Tenant ${current}: switch tenant` }).click()
  await page.getByRole('menu').getByText(item).first().click()
}
