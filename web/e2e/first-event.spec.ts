// The first event of a new customer: the code that the dashboard shows runs as it is copied, and its cost appears.
import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test, type Page } from '@playwright/test'

import { expectUsable } from './support/audit.ts'
import { newTenant, pathOf, signIn } from './support/tenants.ts'
import { expectTokens } from './support/usage-page.ts'

const CLIENT = fileURLToPath(new URL('../../client', import.meta.url))
const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url))

test('the code of the empty usage page records the first event, and curl the second', async ({ page }) => {
  const tenant = await newTenant('First')
  await signIn(page, tenant.owner, pathOf(tenant))
  await page.getByRole('button', { name: 'Create key' }).click()
  await expect(page.getByText('Your key is in the code below')).toBeVisible()
  await expectUsable(page, 'first-event')

  const [install = ''] = /http\S+/.exec(await codeOf(page, 'Install the client')) ?? []
  const wheel = await (await fetch(install)).text()
  expect(wheel.slice(0, 2)).toBe('PK')

  const script = await codeOf(page, 'Python script')
  await page.getByRole('radio', { name: 'curl' }).click()
  const command = await codeOf(page, 'Shell command')
  run(PYTHON, '-c', script)
  await expectTokens(page, '1,500 of 50,000')
  await expect(page.getByRole('heading', { name: 'Top models' })).toBeVisible()
  await expect(page.getByRole('definition').filter({ hasText: '$0.00096' }).first()).toBeVisible()
  expect(run('sh', '-c', command)).toContain('"accepted":2')
  await expectTokens(page, '3,000 of 50,000')
})

test('the page of keys shows how usage is sent', async ({ page }) => {
  const tenant = await newTenant('Keys')
  await signIn(page, tenant.owner, pathOf(tenant, '/settings/keys'))
  expect(await codeOf(page, 'Python script')).toContain('Meter("YOUR_KEY", ')
})

const codeOf = (page: Page, label: string) => page.getByRole('region', { name: label }).innerText()

/** The output of a program, for which the client is as if it were installed. */
function run(program: string, ...args: string[]): string {
  const state = mkdtempSync(join(tmpdir(), 'gwi-outbox-'))
  const env = { ...process.env, PYTHONPATH: CLIENT, XDG_STATE_HOME: state, NO_PROXY: '127.0.0.1' }
  return execFileSync(program, args, { env, encoding: 'utf8' })
}
