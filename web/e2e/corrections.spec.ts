// An owner takes a wrong event back, and every number follows.
import { expect, test, type Locator } from '@playwright/test'

import { expectUsable } from './support/audit.ts'
import { violations } from './support/axe.ts'
import { get } from './support/http.ts'
import { stack } from './support/stack.ts'
import { newTenant, pathOf, signIn, type Tenant } from './support/tenants.ts'

const CALL = {
  category: 'llm',
  provider: 'openai',
  model: 'gpt-4.1',
  latency_ms: 900,
  tokens: { input_tokens: 100, output_tokens: 20 },
}

test('a void event is struck through with its reason, and the usage page falls while somebody watches', async ({
  page,
  context,
}) => {
  const tenant = await newTenant()
  await record(tenant)
  await signIn(page, tenant.owner, pathOf(tenant))
  const cost = page.getByRole('region', { name: 'Cost', exact: true })
  await expect(cost).toContainText('$3.00')
  const other = await context.newPage()
  await other.goto(pathOf(tenant, '/runs/run-1?step=wrong'))
  const step = other.getByRole('dialog', { name: 'gpt-4.1' })
  await step.getByRole('button', { name: 'Void event' }).click()
  const asked = other.getByRole('dialog', { name: 'Void this event?' })
  await answer(asked, 'Void event', 'Sent by a load test')
  await expect(step.getByText('This event is void: it does not count')).toBeVisible()
  await expect(step).toContainText('Sent by a load test')
  await expect(cost).toContainText('$1.00')
  await expectUsable(other, 'void-event')
  await step.getByRole('button', { name: 'Take back the void' }).click()
  const back = other.getByRole('dialog', { name: 'Count this event again?' })
  await answer(back, 'Take back the void', 'It was real')
  await expect(cost).toContainText('$3.00')
})

test('an amended event is replaced in its run', async ({ page }) => {
  const tenant = await newTenant()
  await record(tenant)
  await signIn(page, tenant.owner, pathOf(tenant, '/runs/run-1?step=right'))
  await page.getByRole('dialog', { name: 'gpt-4.1' }).getByRole('button', { name: 'Amend event' }).click()
  const asked = page.getByRole('dialog', { name: 'Amend this event' })
  await asked.getByLabel('Output tokens').fill('7')
  expect(await violations(page)).toEqual([])
  await answer(asked, 'Amend event', 'Counted twice')
  await expect(page.getByText('This event was replaced: it does not count')).toBeVisible()
  await page.getByRole('link', { name: /^amendment-/ }).click()
  await expect(page.getByText('This event replaces another')).toBeVisible()
  await expect(page.getByRole('dialog', { name: 'gpt-4.1' })).toContainText('7 out')
})

test('an event without a run is found by its cost, shows the key that recorded it, and is voided', async ({
  page,
}) => {
  const tenant = await newTenant()
  await get('POST', `${stack.record_usage}/v1/events`, tenant.key, [
    { ...CALL, id: 'alone', cost_usd_estimate: '2.00' },
  ])
  await signIn(page, tenant.owner, pathOf(tenant))
  await page.getByRole('region', { name: 'Cost', exact: true }).getByTitle('See its events').click()
  await page.getByRole('row').filter({ hasText: 'gpt-4.1' }).getByRole('link').click()
  const event = page.getByRole('dialog', { name: 'gpt-4.1' })
  await expect(event).toContainText(`Recorded byagents ${tenant.key.slice(0, 'gwi_test_'.length)}`)
  expect(await violations(page)).toEqual([])
  await event.getByRole('button', { name: 'Void event' }).click()
  const asked = page.getByRole('dialog', { name: 'Void this event?' })
  await answer(asked, 'Void event', 'Sent by a load test')
  await expect(event.getByText('This event is void: it does not count')).toBeVisible()
  await event.getByRole('button', { name: 'Close' }).click()
  await expect(page.getByRole('heading', { name: /^\$0\.00/ })).toBeVisible()
})

/** Give a reason, press the button, and wait until only the dialog around this one is open. */
async function answer(asked: Locator, button: string, reason: string) {
  await asked.getByLabel('Reason').fill(reason)
  await asked.getByRole('button', { name: button }).click()
  await expect(asked).toBeHidden()
}

/** Record a call of one dollar and one of two. */
async function record(tenant: Tenant) {
  await get('POST', `${stack.record_usage}/v1/events`, tenant.key, [
    { ...CALL, run_id: 'run-1', id: 'right', cost_usd_estimate: '1.00' },
    { ...CALL, run_id: 'run-1', id: 'wrong', cost_usd_estimate: '2.00' },
  ])
}
