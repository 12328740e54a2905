// Looks for what makes a page hard to use: violations that axe-core finds, and content wider than the window.
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'

export async function violations(axe: AxeBuilder) {
  // Without frames there is nothing for which another mode would open a window each time.
  const { violations: found } = await axe.setLegacyMode().analyze()
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
