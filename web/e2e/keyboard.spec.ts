// Every step by keyboard alone.
import { expect, test, type Locator, type Page } from '@playwright/test'

import { newTenant, pathOf, record } from './support/tenants.ts'

const MAX_STEPS = 60

test('everything can be done with the keyboard', async ({ page }) => {
  const tenant = await newTenant()
  await record(tenant.key, { model: 'gpt-4.1', tokens: 200 }, { model: 'gpt-4.1-mini', tokens: 1_000 })
  await signInByKeyboard(page, tenant.owner.email, tenant.owner.password, pathOf(tenant))

  await test.step('the first stop leads past the navigation', async () => {
    await expect(page.getByRole('meter', { name: 'Tokens' })).toBeVisible()
    await page.keyboard.press('Tab')
    await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('main')).toBeFocused()
  })

  await test.step('a table is sorted', async () => {
    const byModel = page.getByRole('button', { name: 'Model', exact: true })
    await tabTo(page, byModel)
    await page.keyboard.press('Enter')
    await expect(page.getByRole('columnheader', { name: 'Model' })).toHaveAttribute('aria-sort', 'ascending')
    await page.keyboard.press('Space')
    await expect(page.getByRole('columnheader', { name: 'Model' })).toHaveAttribute('aria-sort', 'descending')
  })

  await test.step('pages are changed', async () => {
    await tabTo(page, page.getByRole('link', { name: 'Settings' }), 'Shift+Tab')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { name: 'API keys' })).toBeVisible()
  })

  await test.step('a dialog opens, holds the focus, and gives it back', async () => {
    const open = page.getByRole('button', { name: 'Create key', exact: true })
    const dialog = page.getByRole('dialog', { name: 'Create an API key' })
    await tabTo(page, open)
    await page.keyboard.press('Enter')
    await expect(dialog).toBeVisible()
    for (let step = 0; step < 12; step += 1) {
      await page.keyboard.press('Tab')
      expect(await page.evaluate(isFocusOutsideDialogs)).toBe(false)
    }
    await page.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
    await expect(open).toBeFocused()
  })

  await test.step('a key is created', async () => {
    await page.keyboard.press('Enter')
    await tabTo(page, page.getByRole('dialog').getByLabel('Name'))
    await page.keyboard.type('by keyboard')
    await page.keyboard.press('Enter')
    const stored = page.getByRole('button', { name: 'Done' })
    await expect(stored).toBeVisible()
    await tabTo(page, stored)
    await page.keyboard.press('Enter')
    await expect(page.getByRole('row', { name: 'by keyboard' })).toBeVisible()
  })

  await test.step('a menu is walked, and left again', async () => {
    const account = page.getByRole('button', { name: /^Account:/ })
    await tabTo(page, account, 'Shift+Tab')
    await page.keyboard.press('ArrowDown')
    await expect(page.getByRole('menu')).toBeVisible()
    await page.keyboard.press('End')
    await expect(page.getByRole('menuitem', { name: 'Sign out' })).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(account).toBeFocused()
  })
})

/** Whether something behind an open dialog has the focus; the browser's own bar may have it. */
function isFocusOutsideDialogs(): boolean {
  const focused = document.activeElement
  return focused !== null && focused !== document.body && focused.closest('dialog') === null
}

async function signInByKeyboard(page: Page, email: string, password: string, path: string) {
  await page.goto(path)
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await tabTo(page, page.getByLabel('Email'))
  await page.keyboard.type(email)
  await tabTo(page, page.getByLabel('Password', { exact: true }))
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
}

/** Press Tab until `target` has the focus. */
async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab') {
  await expect(target).toBeVisible()
  for (let step = 0; step < MAX_STEPS; step += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press(key)
  }
  throw new Error(`${MAX_STEPS} times ${key} do not lead to ${target.toString()}`)
}
