// What people do with nothing but the links of their mails, as the local stack's mail page shows them.
import { expect, test, type Browser, type Page } from '@playwright/test'

import { newCredentials } from './support/accounts.ts'
import { newTenant, fillCredentials, pathOf, record, signIn } from './support/tenants.ts'

const TOKENS_OF_FREE = 50_000

test('a newcomer signs up, confirms, invites, and the invited person joins', async ({ browser }) => {
  const owner = newCredentials('newcomer')
  const page = await newPage(browser)
  await page.goto('/sign-up')
  await signUp(page, owner)
  await openLink(page, owner.email, /oobCode/)
  await page.goto('/')
  await page.getByLabel('Name').fill('Mail <b>Guild</b>')
  await page.getByRole('button', { name: 'Create tenant' }).click()
  await expect(page).toHaveURL(/\/t\/mail-b-guild-b-/)

  const guest = newCredentials('guest')
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('link', { name: 'Members' }).click()
  const form = page.getByRole('region', { name: 'Invite a member' })
  await form.getByLabel('Email').fill(guest.email)
  await form.getByRole('button', { name: 'Invite' }).click()
  await expect(page.getByRole('table', { name: 'Invitations' }).getByText(guest.email)).toBeVisible()

  const theirs = await newPage(browser)
  await openLink(theirs, guest.email, /\/join\//)
  await theirs.getByRole('link', { name: 'Create an account' }).click()
  await signUp(theirs, guest)
  await openLink(theirs, guest.email, /oobCode/)
  await openLink(theirs, guest.email, /\/join\//)
  await theirs.getByRole('button', { name: 'Accept' }).click()
  await expect(theirs).toHaveURL(/\/t\/mail-b-guild-b-[0-9a-f]+$/)
})

test('a recipient confirms, gets a mail about a limit, and stops the mails', async ({ page, browser }) => {
  const tenant = await newTenant('Alerted')
  const { email } = newCredentials('ops')
  await signIn(page, tenant.owner, pathOf(tenant, '/settings/alerts'))
  await page.getByLabel('Add an email').fill(email)
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByText('Waiting for confirmation')).toBeVisible()

  const theirs = await newPage(browser)
  await openLink(theirs, email, /\/confirm#/)
  await theirs.getByRole('button', { name: /Confirm/ }).click()
  await expect(theirs.getByText(/“Alerted”/)).toBeVisible()
  await page.reload()
  await expect(page.getByText('Waiting for confirmation')).toBeHidden()

  await record(tenant.key, { tokens: TOKENS_OF_FREE + 10_010 })
  await openLink(theirs, email, /\/stop#/, /60,010 of 50,000 tokens used \(120 %\)/)
  await theirs.getByRole('button', { name: /Stop/ }).click()
  await expect(theirs.getByRole('button', { name: 'Start again' })).toBeVisible()
})

async function newPage(browser: Browser): Promise<Page> {
  return (await browser.newContext()).newPage()
}

async function signUp(page: Page, { email, password }: { email: string; password: string }) {
  await expect(page.getByRole('heading', { name: 'Create an account' })).toBeVisible()
  await fillCredentials(page, email, password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByText(`We sent a link to ${email}.`)).toBeVisible()
  await expect(page.getByRole('link', { name: /_mail/ })).toBeVisible()
}

/** Follow a link of the newest mail to `email` that has one, and in which `text` stands. */
async function openLink(page: Page, email: string, link: RegExp, text = /./) {
  await expect(async () => {
    await page.goto('/_mail')
    const subjects = page.getByRole('row').filter({ hasText: email }).getByRole('link')
    const count = await subjects.count()
    for (let index = 0; index < count; index += 1) {
      await page.goto('/_mail')
      await subjects.nth(index).click()
      await expect(page.getByRole('link', { name: 'All mail' })).toBeVisible()
      const found = page.getByRole('listitem').getByRole('link', { name: link })
      if ((await found.count()) > 0 && (await page.getByText(text).count()) > 0) {
        await found.first().click()
        return
      }
    }
    throw new Error(`no mail to ${email} has a link like ${link}`)
  }).toPass({ timeout: 90_000, intervals: [1_000] })
}
