// Looks for what makes a page hard to use: violations that axe-core finds, and content wider than the window.
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'

export async function violations(axe: AxeBuilder) {
  // Without frames there is nothing for which another mode would open a window each time.
  const { violations: found } = await axe.setLegacyMode().analyze()
  return found.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }))
}

/** By how many pixels the page can be scrolled sideways. */
export const overhang = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
