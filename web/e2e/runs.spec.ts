// Runs are found by what they cost, by whom they were for, and by their id.
import { expect, test, type Page } from '@playwright/test'
import { readFile } from 'node:fs/promises'

import { get } from './support/http.ts'
import { stack } from './support/stack.ts'
import { newTenant, pathOf, signIn } from './support/tenants.ts'

const HTML = '<img src=x onerror=alert(1)>'
const rows = (page: Page) => page.getByRole('table', { name: 'Runs' }).getByRole('rowheader')
const firstRun = (page: Page) => rows(page).first()

test('a costly run is found in two clicks, and each filter stays in the address', async ({ page }) => {
  const tenant = await newTenant('Runs')
  await recordRuns(tenant.key)
  await signIn(page, tenant.owner, pathOf(tenant))

  await test.step('the usage page leads to the most costly run', async () => {
    await page.getByRole('link', { name: 'Most costly first' }).click()
    await expect(firstRun(page)).toContainText('costly')
    await firstRun(page).getByRole('link').click()
    await expect(page).toHaveURL(/\/runs\/costly$/)
    await page.goBack()
    await expect(firstRun(page)).toContainText('costly')
  })

  await test.step('one user, by name', async () => {
    await page.getByLabel('Started').selectOption('Any time')
    await page.getByLabel('Filter').selectOption('User…')
    await page.getByLabel('Name of the user').fill(HTML)
    await page.keyboard.press('Enter')
    await expect(rows(page)).toHaveCount(1)
    await expect(firstRun(page)).toContainText('strange')
    await page.reload()
    await expect(firstRun(page)).toContainText('strange')
    await expect(page.getByLabel('Name of the user')).toHaveValue(HTML)
  })

  await test.step('one status', async () => {
    await page.getByLabel('Filter').selectOption('Failed')
    await expect(rows(page)).toHaveCount(1)
    await expect(firstRun(page)).toContainText('failed')
  })

  await test.step('an id that begins so, by keyboard', async () => {
    await page.getByLabel('Search runs').focus()
    await page.keyboard.type('run-1')
    await expect(rows(page)).toHaveText([/^run-1/, /^run-10/, /^run-11/])
    await page.getByLabel('Search runs').clear()
    await expect(page).toHaveURL(/\/runs$/)
  })

  await test.step('the list is a file', async () => {
    await page.getByLabel('Sort by').selectOption('Most tokens')
    await expect(firstRun(page)).toContainText('run-11')
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download as CSV' }).click()
    const file = await readFile(await (await downloading).path(), 'utf8')
    expect(file.split('\r\n')[1]).toMatch(/^"run-11",/)
  })
})

/** Twelve runs with more tokens each, and a costly, a failed and a strange one. */
async function recordRuns(key: string) {
  const call = { category: 'llm', provider: 'openai', model: 'gpt-4.1-mini' }
  const many = Array.from({ length: 12 }, (_, number) => ({
    ...call,
    run_id: `run-${number}`,
    tokens: { input_tokens: 1_000 + number },
  }))
  const events = [
    ...many,
    { ...call, run_id: 'costly', tokens: { input_tokens: 1 }, cost_usd_estimate: '12.50' },
    { ...call, run_id: 'strange', tokens: { input_tokens: 1 }, user_id: HTML },
    { category: 'other', provider: 'agents', model: 'runner', run_id: 'failed', status: 'failed' },
  ]
  await get('POST', `${stack.record_usage}/v1/events`, key, events)
}
