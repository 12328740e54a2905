// Members are invited, join, change roles and are removed.
import { expect, test, type Page } from '@playwright/test'

import { newAccount } from './support/accounts.ts'
import { newTenant, pathOf, signIn } from './support/tenants.ts'

test('somebody is invited, joins, becomes an admin, and is removed', async ({ page, browser }) => {
  const tenant = await newTenant('Guild')
  const guest = await newAccount({ name: 'guest' })
  await signIn(page, tenant.owner, pathOf(tenant, '/settings/members'))
  await invite(page, guest.email)

  const theirs = await (await browser.newContext()).newPage()
  await signIn(theirs, guest)
  await expect(theirs.getByRole('heading', { name: 'You are invited to Guild' })).toBeVisible()
  await theirs.getByRole('button', { name: 'Accept' }).click()
  await expect(theirs).toHaveURL(new RegExp(`${pathOf(tenant)}$`))
  await expect(theirs.getByRole('link', { name: 'Settings' })).toBeHidden()

  await page.reload()
  await expect(page.getByText('Invitations', { exact: true })).toBeHidden()
  await page.getByLabel(`Role of ${guest.email}`).selectOption('admin')
  await expect(page.getByText(`${guest.email} is now admin`)).toBeVisible()
  await theirs.reload()
  await theirs.getByRole('link', { name: 'Settings' }).click()
  await expect(theirs.getByRole('heading', { name: 'API keys' })).toBeVisible()

  await page.getByRole('button', { name: `Remove ${guest.email}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await expect(page.getByText(`${guest.email} removed`)).toBeVisible()
  await theirs.getByRole('link', { name: 'Alerts' }).click()
  await expect(theirs.getByRole('heading', { name: 'You do not have access to this tenant' })).toBeVisible()
  await theirs.context().close()
})

async function invite(page: Page, email: string) {
  // The sign-in form has such a field too.
  const form = page.getByRole('region', { name: 'Invite a member' })
  await form.getByLabel('Email').fill(email)
  await form.getByRole('button', { name: 'Invite' }).click()
  await expect(page.getByRole('table', { name: 'Invitations' }).getByText(email)).toBeVisible()
}
