// The operator console: who gets it, what it shows of every tenant, and what it changes.
import { expect, test, type Page } from '@playwright/test'
import { readFile } from 'node:fs/promises'

import { admin, newOperator } from './support/admin.ts'
import { expectUsable } from './support/audit.ts'
import { goWithinApp, newTenant, pathOf, record, signIn } from './support/tenants.ts'
import { expectLive } from './support/usage-page.ts'

const MONTH = new Date().toLocaleDateString('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' })
const HTML = '<img src=x onerror="document.title=`taken over`">'
/** The scripts of the console that the page asks for from now on, built or as sources. */
function consoleScripts(page: Page): string[] {
  const scripts: string[] = []
  page.on('request', (request) => {
    if (/operator-console|features\/platform/.test(request.url())) scripts.push(request.url())
  })
  return scripts
}

test('anyone but an operator gets no console and none of its scripts', async ({ page }) => {
  const tenant = await newTenant()
  const scripts = consoleScripts(page)
  await signIn(page, tenant.owner, '/operator')
  await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible()
  await page.goto(pathOf(tenant))
  // Until the page has its figures, its frame is another one, whose menu closes with it.
  await expectLive(page)
  await page.getByRole('button', { name: /^Account/ }).click()
  await expect(page.getByRole('menuitem', { name: 'Sign out' })).toBeVisible()
  await expect(page.getByRole('menuitem', { name: 'Operator console' })).toHaveCount(0)
  expect(scripts).toEqual([])
})

test('an operator finds a tenant, changes it for a reason, and loses the console when removed', async ({
  page,
}) => {
  const [operator, tenant] = await Promise.all([newOperator(), newTenant(HTML)])
  await record(tenant.key, { provider: 'acme-ai', model: 'brand-new', tokens: 1_234 })
  const scripts = consoleScripts(page)
  await signIn(page, operator)
  await expect(page).toHaveURL(/\/operator$/)
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
  expect(scripts).not.toEqual([])

  await test.step('the list of tenants is searched and downloaded', async () => {
    await page.getByRole('link', { name: 'Tenants', exact: true }).click()
    await page.getByLabel('Search tenants').fill(tenant.id)
    await expect(page).toHaveURL(new RegExp(`q=${tenant.id}`))
    const waiting = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download as CSV' }).click()
    expect(await readFile(await (await waiting).path(), 'utf8')).toContain(tenant.id)
    await page.getByRole('link', { name: HTML }).click()
    await expect(page.getByRole('heading', { name: HTML })).toBeVisible()
  })

  await test.step('a plan is changed, and the audit log keeps the reason', async () => {
    await page.getByRole('button', { name: 'Change plan' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox', { name: 'Plan' }).selectOption('Starter')
    await dialog.getByLabel('Reason').fill('contract of November')
    await dialog.getByRole('button', { name: 'Change plan' }).click()
    // While it is open, the dialog names the plan too.
    await expect(dialog).toBeHidden()
    await expect(page.getByText('starter, version 1', { exact: true })).toBeVisible()
    await page.getByRole('link', { name: 'Audit log' }).click()
    const entry = page.getByRole('row').filter({ hasText: 'contract of November' })
    await expect(entry).toContainText(`operator:${operator.email}`)
  })

  await test.step('the usage page is the tenant’s, marked and read only', async () => {
    await page.getByRole('link', { name: 'Usage', exact: true }).click()
    await expect(page.getByText(/as an operator. Read only/)).toBeVisible()
    await expect(page.getByRole('row').filter({ hasText: 'brand-new' }).first()).toBeVisible()
    await page.getByRole('link', { name: 'brand-new' }).first().click()
    await expect(page.getByRole('heading', { name: 'Events', level: 1 })).toBeVisible()
    await expect(page).toHaveURL(new RegExp(`/operator/tenants/${tenant.id}/explain\\?`))
    await page.goto(pathOf(tenant))
    await expect(page).toHaveURL(new RegExp(`/operator/tenants/${tenant.id}/usage$`))
    expect(await page.locator('img').count()).toBe(0)
    await expect(page).not.toHaveTitle('taken over')
  })

  await test.step('an operator who is removed gets the page that is shown for no page', async () => {
    await admin('operator', 'remove', operator.email)
    await page.getByRole('link', { name: 'Margins' }).click()
    await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible()
  })
})

test('every page of the console can be used, at a desk and on a phone', async ({ page }) => {
  const [operator, tenant] = await Promise.all([newOperator(), newTenant('Console Inc.')])
  const ofTenant = (tab: string) => `/operator/tenants/${tenant.id}${tab}`
  const places = [
    { name: 'overview', path: '/operator', shows: 'Overview' },
    { name: 'tenants', path: '/operator/tenants', shows: 'Tenants' },
    { name: 'tenant', path: ofTenant(''), shows: 'Console Inc.' },
    { name: 'tenant-usage', path: ofTenant('/usage'), shows: 'Usage' },
    { name: 'tenant-runs', path: ofTenant('/runs'), shows: 'Runs' },
    { name: 'tenant-statement', path: ofTenant('/statement'), shows: `Statement for ${MONTH}` },
    { name: 'margins', path: '/operator/margins', shows: 'Margins' },
    { name: 'plans', path: '/operator/plans', shows: 'Plans' },
    { name: 'price', path: '/operator/prices?provider=acme-ai&model=brand-new', shows: 'Add a price' },
    { name: 'system', path: '/operator/system', shows: 'Last ticks' },
  ]
  await signIn(page, operator)
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible()
  for (const { name, path, shows } of places) {
    await goWithinApp(page, path)
    await expect(page.getByRole('heading', { name: shows, exact: true })).toBeVisible()
    await expectUsable(page, `operator-${name}`)
  }
})
