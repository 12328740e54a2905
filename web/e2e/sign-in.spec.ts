// Sign-in: refusals with their reasons, and no data left after sign-out.
import { expect, test } from '@playwright/test'

import { idTokenOf, newAccount, newCredentials, setDisabled } from './support/accounts.ts'
import { stack } from './support/stack.ts'
import { fillCredentials, newTenant, pathOf, signIn, usageAs } from './support/tenants.ts'
import { claimsOf, unsignedToken } from './support/tokens.ts'
import { expectTokens } from './support/usage-page.ts'

const HOURS = 3_600_000

test('a wrong password is refused, without telling whether there is such an account', async ({ page }) => {
  const known = await newAccount()
  const refusal = page.getByText('Incorrect email or password.')
  await signIn(page, { ...known, password: 'not-the-password' })
  await expect(refusal).toBeVisible()
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused()
  await signIn(page, newCredentials())
  await expect(refusal).toBeVisible()
})

test('an unconfirmed user must confirm the email first, and reads nothing before', async ({ page }) => {
  const tenant = await newTenant()
  const unverified = await newAccount({ emailVerified: false })
  await signIn(page, unverified, pathOf(tenant))
  await expect(page.getByRole('heading', { name: 'Confirm your email' })).toBeVisible()
  await page.getByRole('button', { name: 'I confirmed my email' }).click()
  await expect(page.getByText('Not confirmed yet')).toBeVisible()
  const answer = await usageAs(await idTokenOf(unverified), tenant)
  expect(answer).toMatchObject({ status: 403, content: { code: 'email_not_verified' } })
})

test('a disabled account is refused with the reason', async ({ page }) => {
  const account = await newAccount()
  await setDisabled(account, true)
  await signIn(page, account)
  await expect(page.getByRole('alert')).toContainText('This account is disabled.')
})

test('a user disabled on an open page is signed out, and returns to the same page later', async ({
  page,
}) => {
  const tenant = await newTenant()
  await page.clock.install()
  await signIn(page, tenant.owner, pathOf(tenant, '/runs'))
  await expect(page.getByRole('heading', { name: 'Runs', exact: true })).toBeVisible()

  await setDisabled(tenant.owner, true)
  await page.clock.fastForward(2 * HOURS)
  // Two hours may cross midnight: then a refetch, not the token's own refresh, learns of it, and knows why.
  await expect(page.getByText(/Your session has ended|This account is disabled/)).toBeVisible()

  await setDisabled(tenant.owner, false)
  await fillCredentials(page, tenant.owner.email, tenant.owner.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page).toHaveURL(pathOf(tenant, '/runs'))
  await expect(page.getByRole('heading', { name: 'Runs', exact: true })).toBeVisible()
})

test('the API refuses expired and foreign tokens', async () => {
  const tenant = await newTenant()
  const token = await idTokenOf(tenant.owner)
  const claims = claimsOf(token)
  const ended = unsignedToken({ ...claims, iat: claims.iat - 7_200, exp: claims.iat - 3_600 })
  const foreign = unsignedToken({ ...claims, aud: 'other', iss: 'https://securetoken.google.com/other' })

  expect(await usageAs(token, tenant)).toMatchObject({ status: 200 })
  expect(await usageAs(ended, tenant)).toMatchObject({ status: 401, content: { code: 'token_expired' } })
  for (const bad of [foreign, 'nonsense']) {
    expect(await usageAs(bad, tenant)).toMatchObject({ status: 401, content: { code: 'not_authenticated' } })
  }
})

test('other tenants look the same as tenants that do not exist', async ({ page }) => {
  const [mine, theirs] = await Promise.all([newTenant('Mine'), newTenant('Theirs')])
  await signIn(page, mine.owner, pathOf(mine))
  await expect(page.getByRole('button', { name: /^Tenant Mine:/ })).toBeVisible()
  for (const id of [theirs.id, 'no-such-tenant']) {
    await page.goto(pathOf({ id }))
    await expect(page.getByRole('heading', { name: 'You do not have access to this tenant' })).toBeVisible()
    await expect(page.getByText('Theirs', { exact: true })).toBeHidden()
  }
  await page.getByRole('link', { name: 'Go to your tenants' }).click()
  await expect(page).toHaveURL(pathOf(mine))
})

test('after sign-out the next user sees nothing of the previous one', async ({ page }) => {
  const [tenant, next] = await Promise.all([newTenant('Secretive'), newAccount()])
  await signIn(page, tenant.owner, pathOf(tenant))
  await expectTokens(page, '0 of 50,000')
  await page.getByRole('button', { name: /^Account:/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await expect(page.getByText('Your session has ended')).toBeHidden()

  await page.goto(pathOf(tenant))
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await fillCredentials(page, next.email, next.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'You do not have access to this tenant' })).toBeVisible()
  await expect(page.getByText('Secretive', { exact: true })).toBeHidden()
})

test('without the sign-in service the page says so, and tries again', async ({ page }) => {
  await page.route('**/__/firebase/init.json', (route) => route.abort())
  await page.goto('/')
  await expect(page.getByRole('heading', { name: 'Sign-in is unavailable' })).toBeVisible()
  await page.unroute('**/__/firebase/init.json')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
})

test('the sign-in service is asked again by itself when the network returns', async ({ page }) => {
  await page.route('**/__/firebase/init.json', (route) => route.abort())
  await page.goto('/sign-in')
  await expect(page.getByRole('heading', { name: 'Sign-in is unavailable' })).toBeVisible()
  await page.context().setOffline(true)
  await page.unroute('**/__/firebase/init.json')
  await page.context().setOffline(false)
  await expect(page.getByRole('heading', { name: 'Sign in', exact: true })).toBeVisible()
})

test('a sign-in service that does not answer is not taken for a wrong password', async ({ page }) => {
  await page.goto('/sign-in')
  await page.route(`http://${stack.auth}/**`, (route) => route.abort())
  await fillCredentials(page, 'somebody@example.com', 'any-password')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('alert')).toContainText('The sign-in service did not respond.')
})
