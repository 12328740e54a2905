// A doubtful number, followed to the one step of the one run that it comes from.
import { expect, test, type Locator, type Page } from '@playwright/test'

import { expectUsable, PHONE } from './support/audit.ts'
import { violations } from './support/axe.ts'
import { ask } from './support/http.ts'
import { stack } from './support/stack.ts'
import { newTenant, pathOf, signIn, type Tenant } from './support/tenants.ts'

type Event = Record<string, unknown>

const EVENTS = 1_000
const PAGE = 500
const MINUTE_MS = 60_000

const steps = (page: Page) => page.getByRole('list', { name: /^Steps/ })
const rows = (page: Page) => steps(page).getByRole('button')

test('a number leads to its events, an event to its run, and there to its step', async ({ page }) => {
  const tenant = await newTenant()
  await recordTree(tenant)
  await signIn(page, tenant.owner, pathOf(tenant))
  const cost = page.getByRole('region', { name: 'Cost', exact: true })
  await cost.getByTitle('See its events').click()
  await expect(page.getByRole('heading', { name: /LLM calls/ })).toContainText('2 LLM calls')
  await page.getByRole('row').filter({ hasText: 'gpt-4.1-mini' }).getByRole('link').click()
  const step = page.getByRole('dialog', { name: 'gpt-4.1-mini' })
  await expect(step).toContainText('Step 2 of 5')
  await step.getByRole('button', { name: 'Next' }).click()
  await expect(page.getByRole('dialog')).toContainText('TimeoutError: no answer within 3 s')
  await page.getByRole('button', { name: 'Close' }).click()
  await expect(page).toHaveURL(/\/runs\/boss%2F1$/)
})

test('a run shows what overlaps, what waits, what fails, what costs most, and the runs that it started', async ({
  page,
}) => {
  const tenant = await newTenant()
  await recordTree(tenant)
  await signIn(page, tenant.owner, pathOf(tenant, '/runs/boss%2F1'))
  await expect(page.getByText(/^5 events in 30 s · up to 2 at once · .* waiting$/)).toBeVisible()
  await expect(steps(page)).toContainText('Waited 20 s')
  await expect(rows(page).filter({ hasText: 'read-page' })).toContainText(
    'TimeoutError: no answer within 3 s',
  )
  await expect(rows(page).filter({ hasText: 'Most expensive' })).toContainText('gpt-4.1')
  const tree = page.getByRole('table', { name: 'Tree of runs' })
  await expect(tree.getByRole('row')).toHaveCount(1 + 2)
  await expectUsable(page, 'run-tree')
  await page.setViewportSize(PHONE)
  await rows(page).filter({ hasText: 'read-page' }).click()
  await expect(page.getByRole('dialog')).toBeInViewport({ ratio: 1 })
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Close' }).click()
  await tree.getByRole('link', { name: /child/ }).click()
  await page.getByRole('link', { name: 'boss/1' }).click()
  await expect(page.getByRole('heading', { name: 'Run boss/1' })).toBeVisible()
})

test('a step is found and read with the keyboard alone', async ({ page }) => {
  const tenant = await newTenant()
  await recordTree(tenant)
  await signIn(page, tenant.owner, pathOf(tenant, '/runs/boss%2F1'))
  await expect(rows(page).first()).toBeVisible()
  await tabTo(page, rows(page).first())
  await page.keyboard.press('End')
  await expect(rows(page).last()).toBeFocused()
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toContainText('Step 4 of 5')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(rows(page).nth(3)).toBeFocused()
})

test(`a run of ${EVENTS} events is scrolled and walked through without a stall`, async ({ page }) => {
  const tenant = await newTenant()
  const start = Date.now() - 60 * MINUTE_MS
  for (let first = 0; first < EVENTS; first += PAGE) {
    await send(
      tenant,
      Array.from({ length: PAGE }, (_, index) => ({
        category: 'tool',
        provider: 'mcp',
        model: `tool-${first + index}`,
        run_id: 'long',
        ts: new Date(start + (first + index) * 100).toISOString(),
        latency_ms: 250,
      })),
    )
  }
  await signIn(page, tenant.owner, pathOf(tenant, '/runs/long'))
  await expect(page.getByText(/^1,000 events in /)).toBeVisible()
  expect(await rows(page).count()).toBeLessThan(120)
  await rows(page).first().focus()
  await page.keyboard.press('End')
  const last = rows(page).filter({ hasText: `tool-${EVENTS - 1}` })
  await expect(last).toBeFocused()
  await expect(last).toBeInViewport()
  await page.evaluate(() => window.scrollTo(0, 40_000))
  await expect.poll(() => page.evaluate(textInTheMiddle)).toMatch(/^tool-7\d\d/)
  expect(await rows(page).count()).toBeLessThan(120)
})

function textInTheMiddle(): string {
  return document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest('li')?.textContent ?? ''
}

/** A parent with two calls, of which one overlaps a tool that fails, a long wait, and a child. */
async function recordTree(tenant: Tenant) {
  const start = Date.now() - 10 * MINUTE_MS
  const at = (second: number) => new Date(start + second * 1000).toISOString()
  const run = { run_id: 'boss/1', user_id: 'ada' }
  const mark = { category: 'other', provider: 'my-agent', model: 'planner' }
  const call = { category: 'llm', provider: 'openai', latency_ms: 4_000 }
  await send(tenant, [
    { ...run, ...mark, ts: at(0), kind: 'run.started' },
    { ...run, ...call, ts: at(5), model: 'gpt-4.1-mini', tokens: { input_tokens: 900, output_tokens: 90 } },
    {
      ...run,
      category: 'tool',
      provider: 'mcp',
      model: 'read-page',
      ts: at(6),
      latency_ms: 3_000,
      status: 'error',
      metadata: { error: { name: 'TimeoutError', message: 'no answer within 3 s' } },
    },
    { ...run, ...call, ts: at(30), model: 'gpt-4.1', tokens: { input_tokens: 9_000, output_tokens: 900 } },
    { ...run, ...mark, ts: at(30), kind: 'run.completed' },
    { ...mark, run_id: 'boss/1/child', parent_run_id: 'boss/1', ts: at(7), kind: 'run.completed' },
  ])
}

async function send({ key }: Tenant, events: Event[]) {
  const { status, content } = await ask('POST', `${stack.record_usage}/v1/events`, key, events)
  expect(status, JSON.stringify(content)).toBe(200)
  expect(content).toMatchObject({ rejected: [] })
}

async function tabTo(page: Page, target: Locator) {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  await expect(target).toBeFocused()
}
