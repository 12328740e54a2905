// A run with a budget: what it holds is on the usage page, a run that does not fit is refused, and its end frees the rest.
import { expect, test } from '@playwright/test'

import { idTokenOf } from './support/accounts.ts'
import { expectUsable } from './support/audit.ts'
import { ask, get } from './support/http.ts'
import { stack } from './support/stack.ts'
import { newTenant, pathOf, record, signIn } from './support/tenants.ts'

test('a run holds its budget, and the dashboard shows it', async ({ page }) => {
  const tenant = await newTenant('Budgets')
  const runs = `${stack.record_usage}/v1/runs`
  const budget = `${stack.usage_api}/api/v1/tenants/${tenant.id}/budgets/all`
  const five = { scope: { tenant: true }, amount_usd: '5.00', window: 'day' }
  await get('PUT', budget, await idTokenOf(tenant.owner), five)

  const hold = { budget_usd: '4.00', hold_tokens: 20_000, own_usd: '1.00' }
  await get('POST', runs, tenant.key, { run_id: 'parent', ...hold })
  await get('POST', runs, tenant.key, { run_id: 'child', parent_run_id: 'parent', budget_usd: '0.50' })
  await record(tenant.key, { run_id: 'parent', tokens: 1_000 }, { run_id: 'child', tokens: 2_000 })
  const refused = await ask('POST', runs, tenant.key, { run_id: 'large', budget_usd: '2.00' })
  expect(refused.status).toBe(402)
  await signIn(page, tenant.owner, pathOf(tenant))

  await test.step('the usage page shows what is reserved, and which run was refused', async () => {
    const tokens = page.getByRole('meter', { name: 'Tokens' })
    await expect(tokens).toHaveAttribute('aria-valuetext', /3,000 of 50,000 tokens, 1[78],000 reserved$/)
    await expect(page.getByText(/^Runs in progress have reserved 1[78],000 tokens and \$3\.99/)).toBeVisible()
    await expect(page.getByText('1 request for a run was refused today')).toBeVisible()
    await expect(page.getByText(/^Budget all allows \$5\.00 a day/)).toBeVisible()
    await expectUsable(page, 'run-budgets-usage')
  })

  await test.step('the notice leads to the budget, which shows what is left', async () => {
    await page.getByRole('link', { name: 'See budgets' }).click()
    await expect(
      page.getByText(/\$3\.99.+ reserved, \$1\.00 left\. Runs in progress hold it\.$/),
    ).toBeVisible()
    await expectUsable(page, 'run-budgets-budgets')
  })

  await test.step("the run's page shows its budget and that of its child", async () => {
    await page.goto(pathOf(tenant, '/runs/parent'))
    const own = page.getByRole('region', { name: 'Budget of this run' })
    await expect(own.getByText('$4.00')).toBeVisible()
    await expect(own.getByText('$1.00 of its own')).toBeVisible()
    const tree = page.getByRole('table', { name: 'Tree of runs' })
    await expect(tree.getByRole('columnheader', { name: 'Left of budget' })).toBeVisible()
    await expect(tree.getByText('$0.49')).toBeVisible()
    await expectUsable(page, 'run-budgets-run')
  })

  await test.step('its end releases what it has not used', async () => {
    await get('POST', `${runs}/parent/end`, tenant.key, { status: 'failed', error: 'TimeoutError' })
    await page.reload()
    await expect(page.getByText(/^Released by its end/)).toBeVisible()
    await expect(page.getByText('TimeoutError')).toBeVisible()
    await page.goto(pathOf(tenant))
    await expect(page.getByRole('meter', { name: 'Tokens' })).toHaveAttribute(
      'aria-valuetext',
      /3,000 of 50,000 tokens$/,
    )
    await expect(page.getByText(/^Runs in progress/)).toHaveCount(0)
  })
})
