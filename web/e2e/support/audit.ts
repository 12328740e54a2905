// Looks at a page as its readers have it, for what makes it hard to use in any of their ways.
import { expect, type Page } from '@playwright/test'

import { ALL, ALL_BUT_COLOURS, COLOURS, violations } from './axe.ts'
import { picture, PICTURES } from './pictures.ts'

type Size = { width: number; height: number }

const DESK = { width: 1280, height: 900 }
/** A small phone. */
export const PHONE = { width: 360, height: 740 }
const LIGHT = { colorScheme: 'light', forcedColors: 'none' } as const
const DARK = { colorScheme: 'dark', forcedColors: 'none' } as const
const FORCED = { colorScheme: 'dark', forcedColors: 'active' } as const
/** A rule is asked once about what it sees: another theme changes colours alone. */
const LOOKS = [
  { size: DESK, look: 'light', media: LIGHT, rules: ALL },
  { size: DESK, look: 'dark', media: DARK, rules: COLOURS },
  // Forced colours are the reader's own, and only a person sees whether they fit.
  ...(PICTURES ? [{ size: DESK, look: 'forced-colors', media: FORCED, rules: [] }] : []),
  { size: PHONE, look: 'phone', media: LIGHT, rules: ALL_BUT_COLOURS },
]

/** Expect that nothing makes an open page, or a region of it, hard to use in any look. */
export async function expectUsable(page: Page, name: string, region?: string) {
  let shown: Size | null = null
  for (const { size, look, media, rules } of LOOKS) {
    await page.emulateMedia(media)
    if (size !== shown) await showAll(page, size)
    shown = size
    await picture(page, `${name}-${look}`)
    const found = rules.length > 0 ? await violations(page, rules, region) : []
    expect
      .soft({ name, look, found, overhang: await overhang(page) })
      .toEqual({ name, look, found: [], overhang: 0 })
  }
  await page.emulateMedia({ colorScheme: null, forcedColors: null })
  await page.setViewportSize(DESK)
}

/** Make the window as high as its page: what is read only when it comes near the screen belongs to it too. */
async function showAll(page: Page, { width, height }: Size) {
  await page.setViewportSize({ width, height })
  await expect(async () => {
    const needed = await page.evaluate(() => document.documentElement.scrollHeight)
    if (needed > (page.viewportSize()?.height ?? 0)) await page.setViewportSize({ width, height: needed })
    await expect(page.locator('[aria-busy=true], .animate-pulse')).toHaveCount(0, { timeout: 1_000 })
    const grown = await page.evaluate(() => document.documentElement.scrollHeight)
    expect(grown).toBeLessThanOrEqual(Math.max(needed, height))
  }).toPass({ timeout: 60_000 })
}

const LAYOUT_MS = 5_000

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
