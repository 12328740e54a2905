// Figures that move: how fast, at what cost, and what the page says when they no longer can.
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

const FOLDED_MS = 12_000
const QUIET_MS = 6_000
const FIRESTORE = `http://${stack.firestore}/**`

test('who loses membership is told, and hears nothing more', async ({ page }) => {
  const tenant = await newTenant()
  const member = await newMember(tenant, 'member')
  await record(tenant.key, { tokens: 10 })
  await signIn(page, member, pathOf(tenant))
  await expectLive(page)
  await expect(page.getByRole('link', { name: 'Settings' })).toBeHidden()

  await removeMember(tenant, member)
  await record(tenant.key, { tokens: 10 })
  await expect(page.getByRole('heading', { name: 'You have no access to this tenant' })).toBeVisible()
  const traffic = await watchTraffic(page)
  await record(tenant.key, { tokens: 10 })
  await page.waitForTimeout(2_000)
  expect(traffic).toEqual({ api: [], listens: 0, firestoreBytes: 0 })
  expect(await usageAs(await idTokenOf(member), tenant)).toMatchObject({ status: 403 })
})

test('without Firestore the figures are there, and the page says that they do not move', async ({ page }) => {
  const tenant = await newTenant()
  await record(tenant.key, { tokens: 1_234 })
  await page.route(FIRESTORE, (route) => route.abort())
  await signIn(page, tenant.owner, pathOf(tenant))
  await expectTokens(page, '1,234 of 50,000')
  await expect(page.getByText('Not live: the live connection is down.')).toBeVisible()
})

test('nothing is read while nothing changes', async ({ page }) => {
  const tenant = await newTenant()
  await record(tenant.key, { tokens: 10 })
  const traffic = await watchTraffic(page)
  await openLive(page, tenant)
  // The fold of what was just recorded is a change.
  await page.waitForTimeout(FOLDED_MS)
  const before = { ...traffic, api: [...traffic.api] }
  await page.waitForTimeout(QUIET_MS)
  expect(traffic).toEqual(before)
})

async function openLive(page: Page, tenant: Tenant) {
  await signIn(page, tenant.owner, pathOf(tenant))
  await expectLive(page)
}
