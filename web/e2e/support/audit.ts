// Looks at a page as its readers have it, for what makes it hard to use in any of their ways.
import { expect, type Page } from '@playwright/test'

import { ALL, LAYOUT, violations } from './axe.ts'
import { picture, PICTURES } from './pictures.ts'

const DESK = { width: 1280, height: 900 }
/** A small phone. */
export const PHONE = { width: 360, height: 740 }
/** For pictures alone: src/palette.test.ts proves that each theme can be read, and forced colours are the reader's own. */
const THEMES = [
  { look: 'dark', media: { colorScheme: 'dark', forcedColors: 'none' } },
  { look: 'forced-colors', media: { colorScheme: 'dark', forcedColors: 'active' } },
] as const

/** Expect that nothing makes an open page, or a region of it, hard to use at a desk or on a phone. */
export async function expectUsable(page: Page, name: string, region?: string) {
  await showAll(page)
  await expectNothing(`${name}-desk`, page, await violations(page, ALL, region))
  if (PICTURES) await takeThemes(page, name)
  const height = page.viewportSize()?.height ?? PHONE.height
  await page.setViewportSize({ width: PHONE.width, height })
  await expectNothing(`${name}-phone`, page, await violations(page, LAYOUT, region))
  await page.setViewportSize(DESK)
}

async function expectNothing(name: string, page: Page, found: unknown[]) {
  await picture(page, name, { fullPage: true })
  expect.soft({ name, found, overhang: await overhang(page) }).toEqual({ name, found: [], overhang: 0 })
}

async function takeThemes(page: Page, name: string) {
  for (const { look, media } of THEMES) {
    await page.emulateMedia(media)
    await picture(page, `${name}-${look}`, { fullPage: true })
  }
  await page.emulateMedia({ colorScheme: null, forcedColors: null })
}

/** Make the window as high as its page: what is read only when it comes near the screen belongs to it too. */
async function showAll(page: Page) {
  const { width, height } = DESK
  await expect(async () => {
    const needed = await page.evaluate(() => document.documentElement.scrollHeight)
    if (needed > (page.viewportSize()?.height ?? 0)) await page.setViewportSize({ width, height: needed })
    await expect(page.locator('[aria-busy=true], .animate-pulse')).toHaveCount(0, { timeout: 1_000 })
    const grown = await page.evaluate(() => document.documentElement.scrollHeight)
    expect(grown).toBeLessThanOrEqual(Math.max(needed, height))
  }).toPass({ timeout: 60_000 })
}

const LAYOUT_MS = 30_000

/** By how many pixels the page can be scrolled sideways, once it is laid out for the width that the window now has. */
export async function overhang(page: Page): Promise<number> {
  const giveUp = Date.now() + LAYOUT_MS
  for (;;) {
    const pixels = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    if (pixels <= 0 || Date.now() > giveUp) return pixels
    await page.waitForTimeout(50)
  }
}
