// Expectations of the usage page that several tests share.
import { expect, type Page } from '@playwright/test'

export const tokensMeter = (page: Page) => page.getByRole('meter', { name: 'Tokens' })

/** `amount` such as "1,234 of 50,000". */
export async function expectTokens(page: Page, amount: string) {
  await expect(tokensMeter(page)).toHaveAttribute('aria-valuetext', new RegExp(` ${amount} tokens$`))
}

/** The page itself says that its figures move. */
export async function expectLive(page: Page) {
  await expect(page.getByRole('status').filter({ hasText: 'Live' })).toBeVisible()
}
