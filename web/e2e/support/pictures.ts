// Pictures for people to look at, in .local/screens. Nothing compares them: GWI_PICTURES=1 asks for them.
import type { Page, PageScreenshotOptions } from '@playwright/test'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../../../.local/screens', import.meta.url))

export const PICTURES = Boolean(process.env.GWI_PICTURES)

/** Keep a picture of the page, if pictures are asked for. */
export async function picture(page: Page, name: string, options: PageScreenshotOptions = {}) {
  if (PICTURES) await page.screenshot({ ...options, path: `${FOLDER}/${name}.png` })
}
