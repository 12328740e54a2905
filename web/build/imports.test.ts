// The direction of imports: no module imports itself through others, and features import one way.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

import { expect, test } from 'vitest'

const SRC = 'src'
/** Each feature may import those before it. The ledger shows the whole period, the platform all of a tenant. */
const FEATURES = [
  'reference',
  'auth',
  'people',
  'metering',
  'billing',
  'limits',
  'notices',
  'ledger',
  'platform',
]
const IMPORT = /(?:from|import)\s*\(?\s*'((?:@\/|\.)[^']+)'/g

const modules = new Map(
  readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file))
    .map((file) => [file.replace(/\.tsx?$/, ''), importsOf(file)]),
)

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8')
  return [...text.matchAll(IMPORT)].map(([, path = '']) =>
    path.startsWith('@/') ? path.slice(2) : normalize(join(dirname(file), path)),
  )
}

test('no module imports itself through others', () => {
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (module: string, path: string[]) => {
    if (path.includes(module)) cycles.push([...path.slice(path.indexOf(module)), module].join(' → '))
    if (path.includes(module) || done.has(module)) return
    modules.get(module)?.forEach((imported) => visit(imported, [...path, module]))
    done.add(module)
  }
  for (const module of modules.keys()) visit(module, [])
  expect(cycles).toEqual([])
})

test('features import one way', () => {
  const against = [...modules].flatMap(([module, imported]) =>
    imported
      .filter((other) => isFeature(other) && isFeature(module) && rankOf(other) > rankOf(module))
      .map((other) => `${module} → ${other}`),
  )
  expect(against).toEqual([])
  expect([...modules.keys()].filter((module) => isFeature(module) && rankOf(module) < 0)).toEqual([])
})

const isFeature = (module: string) => module.startsWith('features/')
const rankOf = (module: string) => FEATURES.indexOf(module.split('/')[1] ?? '')
