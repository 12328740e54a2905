// The colours of styles.css, in both themes: every text can be read on every background.
import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

const WHITE = '#ffffff'
const TEXTS = [
  'ink',
  'ink-soft',
  'ink-faint',
  'accent-text',
  'ok-text',
  'warn-text',
  'danger-text',
  'info-text',
]
const BACKGROUNDS = ['canvas', 'surface', 'raised', 'sunken']
const SOFT_BACKGROUNDS = ['accent-soft', 'ok-soft', 'warn-soft', 'danger-soft', 'info-soft']
const UNDER_WHITE = ['accent', 'accent-strong', 'danger-button']
const FILLS = ['accent', 'ok', 'warn', 'danger', 'info', 'control']
const CHARTS = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `chart-${number}`)
/** WCAG 2.2: 1.4.3 for text, 1.4.11 for what is not text. */
const TEXT = 4.5
const GRAPHICS = 3

const styles = readFileSync(new URL('styles.css', import.meta.url), 'utf8')
const declarations = styles.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)
const palette = new Map(Array.from(declarations, ([, name, light, dark]) => [name, { light, dark }]))

for (const theme of ['light', 'dark'] as const) {
  const colour = (name: string) => palette.get(name)?.[theme] ?? `no colour ${name}`
  const pairs = (above: string[], below: string[]) =>
    above.flatMap((one) =>
      below.map((other) => ({ one, other, ratio: contrast(colour(one), colour(other)) })),
    )

  test(`text reads on every background of the ${theme} theme`, () => {
    const all = pairs(TEXTS, [...BACKGROUNDS, ...SOFT_BACKGROUNDS])
    expect(all.filter(({ ratio }) => !(ratio >= TEXT))).toEqual([])
  })

  test(`white reads on the filled buttons of the ${theme} theme`, () => {
    const all = UNDER_WHITE.map((name) => ({ name, ratio: contrast(WHITE, colour(name)) }))
    expect(all.filter(({ ratio }) => !(ratio >= TEXT))).toEqual([])
  })

  test(`fills stand out from the surface and the track of the ${theme} theme`, () => {
    const all = [...pairs(FILLS, ['surface', 'sunken']), ...pairs(CHARTS, ['surface'])]
    expect(all.filter(({ ratio }) => !(ratio >= GRAPHICS))).toEqual([])
  })
}

test('black on white has the greatest contrast', () => {
  expect(contrast('#000000', WHITE)).toBeCloseTo((1 + 0.05) / (0 + 0.05))
})

/** The contrast of two colours by WCAG, from 1 to 21. */
function contrast(one: string, other: string): number {
  const both = [luminance(one), luminance(other)]
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05)
}

function luminance(hex: string): number {
  const part = (at: number) => linear(parseInt(hex.slice(at, at + 2), 16) / 255)
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
