// The chart of the usage page: beside the period before, and from a day to its hours and back.
import { expect, test } from '@playwright/test'

import { stack } from './support/stack.ts'
import { pathOf, signIn } from './support/tenants.ts'

test('a day of the chart leads to its hours, and back', async ({ page }) => {
  await signIn(page, stack.user, pathOf({ id: stack.tenant_id }, '?metric=tokens'))
  await expect(page.getByText('Previous period', { exact: true })).toBeVisible()
  await expect(page.getByText(/^Changes are against /)).toBeVisible()
  await expect(page.locator('.recharts-line-curve')).toHaveAttribute('stroke-dasharray', /^4/)

  await page.locator('.recharts-bar-rectangle path').last().click()
  await expect(page).toHaveURL(/metric=tokens&from=(\d{4}-\d\d-\d\d)&to=\1&interval=hour$/)
  await expect(page.getByRole('radio', { name: 'Hours' })).toBeChecked()
  await expect(page.locator('.recharts-area-area').first()).toBeVisible()
  await page.goBack()
  await expect(page.getByRole('radio', { name: 'Days' })).toBeChecked()
})

test('the running total has the limits and the forecast', async ({ page }) => {
  await signIn(page, stack.user, pathOf({ id: stack.tenant_id }, '?metric=tokens&interval=total'))
  await expect(page.getByText(/ so far\. Forecast at the end: .+ Alert: .+ Limit: /)).toBeVisible()
  await expect(page.locator('.recharts-reference-line').first()).toBeAttached()
  await page.getByRole('radio', { name: 'Custom' }).click()
  await page.getByRole('button', { name: 'Last 7 days' }).click()
  await expect(page).toHaveURL(/interval=total&from=/)
  await expect(page.getByText(/ so far\.$/)).toBeVisible()
})
