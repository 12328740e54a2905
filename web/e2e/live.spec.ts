// Live updates: their traffic, and what the page shows when they stop.
import { expect, test, type Page } from '@playwright/test'

import { idTokenOf } from './support/accounts.ts'
import { stack } from './support/stack.ts'
import { watchTraffic } from './support/traffic.ts'
import { expectLive, expectTokens } from './support/usage-page.ts'
import {
  newMember,
  newTenant,
  pathOf,
  record,
  removeMember,
  signIn,
  usageAs,
  type Tenant,
} from './support/tenants.ts'

const QUIET_MS = 6_000
const FOLDED_MS = 60_000
const BURST = 20
const BURST_MS = 4_000
const FIRESTORE = `http://${stack.firestore}/**`

test('a removed member sees that access ended, and the page stops listening', async ({ page }) => {
  const tenant = await newTenant()
  const member = await newMember(tenant, 'member')
  await record(tenant.key, { tokens: 10 })
  await signIn(page, member, pathOf(tenant))
  await expectLive(page)
  await expect(page.getByRole('link', { name: 'Settings' })).toBeHidden()

  await removeMember(tenant, member)
  await record(tenant.key, { tokens: 10 })
  await expect(page.getByRole('heading', { name: 'You do not have access to this tenant' })).toBeVisible()
  const traffic = await watchTraffic(page)
  await record(tenant.key, { tokens: 10 })
  await page.waitForTimeout(2_000)
  expect(traffic).toEqual({ api: [], listens: 0, firestoreBytes: 0 })
  expect(await usageAs(await idTokenOf(member), tenant)).toMatchObject({ status: 403 })
})

test('without Firestore the page shows figures and says that they do not update', async ({ page }) => {
  const tenant = await newTenant()
  await record(tenant.key, { tokens: 1_234 })
  await page.route(FIRESTORE, (route) => route.abort())
  await signIn(page, tenant.owner, pathOf(tenant))
  await expectTokens(page, '1,234 of 50,000')
  await expect(page.getByText('Live updates are unavailable.')).toBeVisible()
})

test('while events come the page asks once a second, and shows the last of them', async ({ page }) => {
  const tenant = await newTenant()
  await record(tenant.key, { tokens: 1 })
  await openLive(page, tenant)
  const traffic = await watchTraffic(page)
  const begun_ms = Date.now()
  for (let event = 0; event < BURST; event += 1) {
    await record(tenant.key, { tokens: 1 })
    await page.waitForTimeout(BURST_MS / BURST)
  }
  await expectTokens(page, `${BURST + 1} of 50,000`)
  const most = 2 + Math.ceil((Date.now() - begun_ms) / 1_000)
  expect(traffic.api.length).toBeLessThanOrEqual(most)
})

test('nothing is read while nothing changes, and only the usage when something does', async ({ page }) => {
  const tenant = await newTenant()
  await record(tenant.key, { tokens: 10 })
  const traffic = await watchTraffic(page)
  await openLive(page, tenant)
  // The fold of what was just recorded is a change, whenever it comes.
  await expect(async () => {
    const before = structuredClone(traffic)
    await page.waitForTimeout(QUIET_MS)
    expect(traffic).toEqual(before)
  }).toPass({ timeout: FOLDED_MS })
  const before = structuredClone(traffic)

  await record(tenant.key, { model: 'gpt-4.1', tokens: 1_234 })
  await expectTokens(page, '1,244 of 50,000')
  await expect(page.getByRole('rowheader', { name: 'gpt-4.1', exact: true })).toBeVisible()
  expect(new Set(traffic.api.slice(before.api.length))).toEqual(new Set([usageOf(tenant)]))
  expect(traffic.listens).toBe(before.listens)
})

const usageOf = ({ id }: Tenant) => `GET /api/v1/tenants/${id}/usage`

async function openLive(page: Page, tenant: Tenant) {
  await signIn(page, tenant.owner, pathOf(tenant))
  await expectLive(page)
}
