// Looks for what makes a page hard to use: violations that axe-core finds, and content wider than the window.
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'
import { fileURLToPath } from 'node:url'

type Size = { width: number; height: number }

const SCREENS = fileURLToPath(new URL('../../../.local/screens', import.meta.url))
const DESK = { width: 1280, height: 900 }
const PHONE = { width: 360, height: 740 }
/** Rules that axe-core knows and leaves out unless they are asked for. */
const BEYOND_THE_DEFAULT = {
  'label-content-name-mismatch': { enabled: true },
  'target-size': { enabled: true },
  'css-orientation-lock': { enabled: true },
  'p-as-heading': { enabled: true },
  'table-fake-caption': { enabled: true },
  'td-has-header': { enabled: true },
}
const LOOKS = [
  { look: 'light', media: { colorScheme: 'light', forcedColors: 'none' }, size: DESK },
  { look: 'dark', media: { colorScheme: 'dark', forcedColors: 'none' }, size: DESK },
  { look: 'forced-colors', media: { colorScheme: 'dark', forcedColors: 'active' }, size: DESK },
  { look: 'phone', media: { colorScheme: 'light', forcedColors: 'none' }, size: PHONE },
] as const

/** Keep a picture of an open page in every look, and expect that nothing makes it hard to use in any. */
export async function expectUsable(page: Page, name: string) {
  for (const { look, media, size } of LOOKS) {
    await page.emulateMedia(media)
    await page.setViewportSize(size)
    await showAll(page, size)
    await page.screenshot({ path: `${SCREENS}/${name}-${look}.png` })
    const seen = { name, look, found: await violations(page), overhang: await overhang(page) }
    expect.soft(seen).toEqual({ name, look, found: [], overhang: 0 })
  }
  await page.emulateMedia({ colorScheme: null, forcedColors: null })
  await page.setViewportSize(DESK)
}

/** Make the window as high as its page: what is read only when it comes near the screen belongs to the picture too. */
async function showAll(page: Page, { width, height }: Size) {
  await expect(async () => {
    const needed = await page.evaluate(() => document.documentElement.scrollHeight)
    if (needed > (page.viewportSize()?.height ?? 0)) await page.setViewportSize({ width, height: needed })
    await expect(page.locator('[aria-busy=true], .animate-pulse')).toHaveCount(0, { timeout: 1_000 })
    const grown = await page.evaluate(() => document.documentElement.scrollHeight)
    expect(grown).toBeLessThanOrEqual(Math.max(needed, height))
  }).toPass({ timeout: 60_000 })
}

export async function violations(page: Page) {
  // While colours change from light to dark, each moment has too little contrast.
  await page.evaluate(() => {
    const transitions = document.getAnimations().filter((each) => each instanceof CSSTransition)
    return Promise.allSettled(transitions.map(({ finished }) => finished))
  })
  // Without frames there is nothing for which another mode would open a window each time.
  const { violations: found } = await new AxeBuilder({ page })
    .options({ rules: BEYOND_THE_DEFAULT })
    .setLegacyMode()
    .analyze()
  return found.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }))
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
