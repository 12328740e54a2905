// Looks for what axe-core finds on an open page, with every rule that it has but those that are named here.
import type { Page } from '@playwright/test'
import axe from 'axe-core'

export type Rules = readonly string[]

const LEFT_OUT = [
  // Level AAA: the palette is made for AA.
  'color-contrast-enhanced',
  // Level AAA: two rows may link to different runs of one name.
  'identical-links-same-purpose',
  // It never fails: it lists what is hidden, for a person to look at.
  'hidden-content',
]

export const ALL: Rules = axe
  .getRules()
  .filter(({ ruleId, tags }) => !LEFT_OUT.includes(ruleId) && !tags.includes('deprecated'))
  .map(({ ruleId }) => ruleId)
/** What depends on the width of the page. */
export const LAYOUT: Rules = ['target-size', 'scrollable-region-focusable']

type Violation = { id: string; where: string[] }

/** What breaks one of `rules` on the page, or in a region of it, as the elements that do. */
export async function violations(page: Page, rules: Rules = ALL, region?: string): Promise<Violation[]> {
  await settleColours(page)
  // A document keeps axe-core: to read it anew takes longer than most of its rules.
  if (await page.evaluate(() => !('axe' in window))) await page.evaluate(axe.source)
  const part = region ? page.getByRole('region', { name: region, exact: true }) : page.locator('html')
  return part.evaluate(find, [...rules])
}

/** While colours change from light to dark, each moment has too little contrast. */
function settleColours(page: Page) {
  return page.evaluate(async () => {
    const transitions = () => document.getAnimations().filter((each) => each instanceof CSSTransition)
    do {
      await Promise.allSettled(transitions().map(({ finished }) => finished))
      await new Promise(requestAnimationFrame)
    } while (transitions().length > 0)
  })
}

/** Runs in the page. Only what is wrong is worked out in full and sent back. */
async function find(part: Element, rules: string[]): Promise<Violation[]> {
  const { violations: found } = await window.axe.run(part, {
    runOnly: { type: 'rule', values: rules },
    resultTypes: ['violations'],
    selectors: false,
  })
  return found.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }))
}

declare global {
  interface Window {
    axe: typeof axe
  }
}
