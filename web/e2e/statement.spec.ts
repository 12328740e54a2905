// The month's statement on screen, and printed to PDF and read back: its sums are those of explain.
import { expect, test, type Page } from '@playwright/test'
import { extractText, getDocumentProxy } from 'unpdf'

import { get } from './support/http.ts'
import { picture } from './support/pictures.ts'
import { stack } from './support/stack.ts'
import { newTenant, pathOf, record, signIn, type Tenant } from './support/tenants.ts'

/** In pixels, without the margins of the style sheet. */
const A4_WIDTH = 680
const MONTH = new Date().toISOString().slice(0, 7)
/** More than the tables of other pages show at once. */
const USERS = 60

type Sum = { sum: { cost_usd: string; calls: number } }

test('a statement is printed with every row, and with the sums of explain', async ({ page }) => {
  const tenant = await newTenant('Paper & Co')
  const calls = Array.from({ length: USERS }, (_, index) => ({
    tokens: 101 + index,
    user_id: `user-${index}`,
  }))
  await record(tenant.key, ...calls, { provider: 'new', model: 'unheard-of', tokens: 5 })
  await signIn(page, tenant.owner, pathOf(tenant, '/statement'))
  await expect(page.getByRole('heading', { name: 'Provider cost by user' })).toBeVisible()

  const text = await printed(page)
  const all = await explained(tenant, {})
  expect(text).toContain(`Provider cost at least $${all.sum.cost_usd}`)
  expect(text).toContain('Leaves out 1 unpriced call.')
  expect(text).toContain('Invoiced for the plan None')
  const mini = await explained(tenant, { model: 'gpt-4.1-mini' })
  expect(text).toContain(`gpt-4.1-mini openai ${USERS} `)
  expect(text).toContain(`$${mini.sum.cost_usd}`)
  for (let index = 0; index < USERS; index += 1) expect(text).toContain(`user-${index} 1 ${101 + index} $`)
  const last = await explained(tenant, { user_id: `user-${USERS - 1}` })
  expect(text).toContain(`user-${USERS - 1} 1 ${100 + USERS} $${last.sum.cost_usd}`)
  expect(text).toContain('Paper & Co')
  expect(text.match(/Total 61 /g), 'once for each table').toHaveLength(3)
  for (const control of ['Settings', 'Skip to content', 'Loading', 'Print'])
    expect(text).not.toContain(control)
})

test('the month is in the address, and the list of months leads to it', async ({ page }) => {
  await signIn(page, stack.user, pathOf({ id: stack.tenant_id }, '/statement'))
  const months = page.getByRole('table', { name: 'Last twelve months' })
  await months.getByRole('link').nth(1).click()
  await expect(page).toHaveURL(/month=\d{4}-\d{2}$/)
  await expect(page.getByText('Month not over')).toHaveCount(0)
  await page.getByLabel('Month', { exact: true }).selectOption(MONTH)
  await expect(page).toHaveURL(new RegExp(`month=${MONTH}$`))
  await expect(page.getByText('Month not over')).toBeVisible()
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download the statement as CSV' }).click()
  expect((await saved).suggestedFilename()).toBe(`statement-${stack.tenant_id}-${MONTH}.csv`)
  const exported = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('menuitem', { name: 'Events as CSV' }).click()
  expect((await exported).suggestedFilename()).toMatch(`events-${stack.tenant_id}-${MONTH}-01-to-${MONTH}`)
})

/** The text of the page on paper, with single spaces. A reader of the dark theme prints black on white too. */
async function printed(page: Page): Promise<string> {
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  await page.setViewportSize({ width: A4_WIDTH, height: 1_000 })
  await picture(page, 'statement-print', { fullPage: true })
  await page.emulateMedia({ media: null })
  const file = await page.pdf({ format: 'A4', preferCSSPageSize: true })
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(file)), { mergePages: true })
  return text.replace(/\s+/g, ' ')
}

function explained({ id, key }: Tenant, filter: Record<string, string>): Promise<Sum> {
  const [year, month] = MONTH.split('-').map(Number)
  const next = new Date(Date.UTC(year ?? 0, month ?? 0)).toISOString()
  const query = new URLSearchParams({ from: `${MONTH}-01T00:00:00Z`, to: next, limit: '500', ...filter })
  return get('GET', `${stack.usage_api}/api/v1/tenants/${id}/usage/explain?${query.toString()}`, key)
}
