// Figures that move: how fast, at what cost, and what the page says when they no longer can.
import { expect, test, type Page } from '@playwright/test'

import { idTokenOf } from './support/accounts.ts'
import { keepFigure, percentile } from './support/figures.ts'
import { stack } from './support/stack.ts'
import { watchTraffic } from './support/traffic.ts'
import { expectLive, expectTokens, tokensMeter } from './support/usage-page.ts'
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

const SAMPLES = 20
const TARGET_MS = 1_000
const FOLDED_MS = 12_000
const QUIET_MS = 6_000
const FIRESTORE = `http://${stack.firestore}/**`

test('an event changes a pixel within a second', async ({ page }) => {
  const tenant = await newTenant()
  await record(tenant.key, { tokens: 1 })
  await openLive(page, tenant)
  const sample: number[] = []
  for (let tokens = 2; tokens <= SAMPLES + 1; tokens += 1) {
    const changed_ms = pixelChange(page, tokens)
    const posted_ms = Date.now()
    await record(tenant.key, { tokens: 1 })
    sample.push((await changed_ms) - posted_ms)
  }
  console.log(`from POST to pixel, in ms: ${sample.join(' ')}`)
  keepFigure('post_to_pixel_p50', { value: percentile(sample, 50), unit: 'ms', target: TARGET_MS })
  keepFigure('post_to_pixel_p95', { value: percentile(sample, 95), unit: 'ms', target: TARGET_MS })
  expect(sample).toHaveLength(SAMPLES)
})

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

/** The instant, in milliseconds, after the frame that first shows so many tokens. */
function pixelChange(page: Page, used: number): Promise<number> {
  return tokensMeter(page).evaluate(
    (meter, shown) =>
      new Promise<number>((resolve) => {
        const look = () => {
          if (meter.parentElement?.innerText.includes(shown)) resolve(Date.now())
          else requestAnimationFrame(look)
        }
        look()
      }),
    `${used} of`,
  )
}
