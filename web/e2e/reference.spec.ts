// The reference of the API: every operation, and requests that work as they are copied.
import { expect, test, type Page } from '@playwright/test'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { expectUsable } from './support/audit.ts'
import { stack } from './support/stack.ts'
import { pathOf, signIn } from './support/tenants.ts'
import { expectLive } from './support/usage-page.ts'

const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url))
const RECORDING = '/docs#post-v1-events'

const command = (page: Page) => page.getByRole('region', { name: 'Shell command' })

test('a link to an operation opens it, on a phone too', async ({ page }) => {
  await page.goto(RECORDING)
  await expect(command(page)).toContainText('/v1/events')
  for (const field of ['Fields of MeteringEvent', 'Fields of TokenCounts']) {
    await page.getByText(field, { exact: true }).first().click()
  }
  await expect(page.getByText('cache_read_tokens', { exact: true }).first()).toBeVisible()
  await expectUsable(page, 'docs-operation')
})

test('a search leaves the operations that it names', async ({ page }) => {
  await page.goto('/docs')
  await page.getByRole('searchbox', { name: 'Search operations' }).fill('budgets put')
  await expect(page.getByRole('heading', { level: 3 })).toHaveCount(1)
  await expect(page.getByRole('heading', { name: /Set a budget/ })).toBeVisible()
})

test('a reader who is signed in copies a request that works with their key', async ({ page }) => {
  await signIn(page, stack.user, pathOf({ id: stack.tenant_id }))
  await expectLive(page)
  await page.getByRole('button', { name: /^Account:/ }).click()
  await page.getByRole('menuitem', { name: 'API reference' }).click()
  await expect(page.getByText(`your tenant ${stack.tenant_id}`)).toBeVisible()
  await page.getByText('Usage, limits, forecast and billing').click()
  await expect(command(page)).toContainText(`/tenants/${stack.tenant_id}/usage`)
  await expect(command(page)).toContainText(/Bearer gwi_test_\w+\.\.\./)
  const usage = run('sh', (await command(page).innerText()).replace(/gwi_test_\w+\.\.\./, stack.api_key))
  expect(JSON.parse(usage)).toMatchObject({ tenant: { id: stack.tenant_id } })
  await page.getByRole('radio', { name: 'Python' }).check()
  const script = page.getByRole('region', { name: 'Python script, with httpx' })
  const printed = run(PYTHON, (await script.innerText()).replace(/gwi_test_\w+\.\.\./, stack.api_key))
  expect(printed).toMatch(/^200 \{"tenant":/)
})

const run = (program: string, text: string) =>
  execFileSync(program, ['-c', text], { encoding: 'utf8', stdio: 'pipe' })
