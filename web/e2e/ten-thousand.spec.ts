// The operator console at 10,000 tenants: what it shows, what its requests cost, and how long it takes.
import { expect, test, type Page } from '@playwright/test'

import { idTokenOf } from './support/accounts.ts'
import { addTenThousandTenants, newOperator, removeTenThousandTenants } from './support/admin.ts'
import { overhang, PHONE } from './support/audit.ts'
import { callsOf, traceRequests } from './support/calls.ts'
import { keepFigure } from './support/figures.ts'
import { get } from './support/http.ts'
import { picture } from './support/pictures.ts'
import { stack } from './support/stack.ts'
import { signIn } from './support/tenants.ts'

const TENANTS = 10_000
const TARGET_MS = 1_000
/** What they have used is 1st and 76th of these tenants, after those of other tests that are over a limit. */
const ON_FIRST_PAGE = 'Tenant 02321'
const ON_SECOND_PAGE = 'Tenant 06396'

test.beforeAll(addTenThousandTenants)
test.afterAll(removeTenThousandTenants)

test('an operator of 10,000 tenants finds one of them for a few calls to Firestore, without waiting', async ({
  page,
}) => {
  const operator = await newOperator()
  const token = await idTokenOf(operator)
  await expect.poll(() => countedTenants(token)).toBeGreaterThanOrEqual(TENANTS)
  const requests = await traceRequests(page)
  const lastOf = (path: string) => requests.findLast((each) => each.path === path) ?? { path, trace: 'none' }
  const rows = page.getByRole('table', { name: 'Tenants' }).getByRole('row')
  await signIn(page, operator)

  await test.step('the overview counts them all', async () => {
    await expect(page.getByRole('region', { name: 'Tenants' }).getByText(/^10,[01]\d\d$/)).toBeVisible()
    expect(await callsOf(lastOf('/platform/overview'))).toBeLessThanOrEqual(4)
    await expectFit(page, 'overview')
  })

  await test.step('the first page of the list comes soon, with 50 of them', async () => {
    const from = Date.now()
    await page.getByRole('link', { name: 'Tenants', exact: true }).click()
    await expect(rows).toHaveCount(1 + 50)
    keepFigure('first_of_10000_tenants', { value: Date.now() - from, unit: 'ms', target: TARGET_MS })
    expect(await callsOf(lastOf('/tenants'))).toBeLessThanOrEqual(3)
    await expectFit(page, 'tenants')
  })

  await test.step('they are sorted and filtered by the service', async () => {
    await page.getByLabel('Sort by').selectOption('Highest usage')
    await page.getByLabel('Over 80%').check()
    await expect(page.getByRole('link', { name: ON_FIRST_PAGE })).toBeVisible()
    expect(await callsOf(lastOf('/tenants'))).toBeLessThanOrEqual(3)
    await page.getByRole('link', { name: 'Next page' }).click()
    await expect(page.getByRole('link', { name: ON_SECOND_PAGE })).toBeVisible()
    expect(await callsOf(lastOf('/tenants'))).toBeLessThanOrEqual(3)
  })

  await test.step('a search finds one, which opens', async () => {
    await page.getByRole('link', { name: 'Clear filters' }).click()
    const from = Date.now()
    await page.getByLabel('Search tenants').fill('tenant 04321')
    await page.getByRole('link', { name: 'Tenant 04321' }).click()
    keepFigure('search_of_10000_tenants', { value: Date.now() - from, unit: 'ms', target: TARGET_MS })
    await expect(page.getByRole('heading', { name: 'Tenant 04321' })).toBeVisible()
    await expect(page.locator('[aria-busy=true], .animate-pulse')).toHaveCount(0)
    await expectFit(page, 'tenant')
  })
})

async function countedTenants(token: string): Promise<number> {
  type Overview = { tenants: { total: number } | null }
  const url = `${stack.usage_api}/api/v1/platform/overview`
  return (await get<Overview>('GET', url, token)).tenants?.total ?? 0
}

/** The page is as wide as a phone on one. */
async function expectFit(page: Page, name: string) {
  const desk = page.viewportSize()
  await picture(page, `ten-thousand-${name}`)
  await page.setViewportSize(PHONE)
  expect.soft(await overhang(page)).toBe(0)
  await picture(page, `ten-thousand-${name}-phone`)
  if (desk) await page.setViewportSize(desk)
}
