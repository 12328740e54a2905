// Prints measurements and keeps them in .local/web-figures.json. No test asserts a time.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export type Figure = { value: number; unit: string; target: number }

const FOLDER = fileURLToPath(new URL('../../../.local', import.meta.url))
const FILE = `${FOLDER}/web-figures.json`

/** Print a figure and keep it under its name; `target` is what it should not exceed. */
export function keepFigure(name: string, figure: Figure) {
  console.log(`${name}: ${figure.value} ${figure.unit} (target: at most ${figure.target})`)
  mkdirSync(FOLDER, { recursive: true })
  const before = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Figure>) : {}
  writeFileSync(FILE, `${JSON.stringify({ ...before, [name]: figure }, null, 2)}\n`)
}

/** The value below which `percent` of the sample lies, the nearest that occurs. */
export function percentile(sample: readonly number[], percent: number): number {
  const sorted = sample.toSorted((a, b) => a - b)
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? NaN
}
