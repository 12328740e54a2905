// What an opening of the usage page takes, with a month of history: time to paint, movement, requests, documents.
import { expect, test } from '@playwright/test'

import { keepFigure } from './support/figures.ts'
import { stack } from './support/stack.ts'
import { pathOf, record, signIn } from './support/tenants.ts'
import { watchTraffic } from './support/traffic.ts'
import { expectLive } from './support/usage-page.ts'

const LIVE_MS = 3_000

test('the usage page paints soon, stays where it is, and asks for little', async ({ page }) => {
  const path = pathOf({ id: stack.tenant_id })
  await signIn(page, stack.user, path)
  await expectLive(page)

  await page.addInitScript(observePaints)
  const traffic = await watchTraffic(page)
  await page.reload()
  await expectLive(page)
  await expect(page.getByRole('heading', { name: 'What drives it' })).toBeVisible()
  await record(stack.api_key, { tokens: 1_000 }, { provider: 'new', model: 'just-now', tokens: 500 })
  await page.waitForTimeout(LIVE_MS)

  const { largest_ms, shift, moved } = await page.evaluate(() => window.paints)
  keepFigure('largest_contentful_paint', { value: Math.round(largest_ms), unit: 'ms', target: 1_500 })
  keepFigure('layout_shift', { value: Number(shift.toFixed(4)), unit: 'score', target: 0 })
  console.log(`asked on opening: ${traffic.api.join(', ')}`)
  keepFigure('api_calls_per_opening', { value: traffic.api.length, unit: 'requests', target: 5 })
  keepFigure('documents_listened_to', { value: traffic.listens, unit: 'documents', target: 3 })
  expect(largest_ms).toBeGreaterThan(0)
  expect(moved).toEqual([])
})

type Paints = { largest_ms: number; shift: number; moved: string[] }

declare global {
  interface Window {
    paints: Paints
  }
}

/** Runs in the page, before everything else. */
function observePaints() {
  const paints: Paints = { largest_ms: 0, shift: 0, moved: [] }
  window.paints = paints
  new PerformanceObserver((list) => {
    for (const { startTime } of list.getEntries()) paints.largest_ms = startTime
  }).observe({ type: 'largest-contentful-paint', buffered: true })
  new PerformanceObserver((list) => {
    type Shift = PerformanceEntry & { value: number; sources: { node?: Node }[] }
    for (const { value, sources } of list.getEntries() as Shift[]) {
      paints.shift += value
      paints.moved.push(...sources.map(({ node }) => node?.textContent ?? ''))
    }
  }).observe({ type: 'layout-shift', buffered: true })
}
