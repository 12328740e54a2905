import { gzipSync } from 'node:zlib'

import { expect, test } from 'vitest'

import { chunksUntil, gzipBytes, modulesOf } from './script-budget'

const chunk = (code: string, imports: string[] = [], module = `/src/${code}.ts`) => ({
  code,
  imports,
  isEntry: code === 'entry',
  moduleIds: [module],
})

const CHUNKS = new Map([
  ['index.js', chunk('entry', ['react.js'])],
  ['usage.js', chunk('usage', ['react.js', 'card.js'], '/src/features/ledger/usage-page.tsx')],
  ['chart.js', chunk('chart', ['card.js'], '/src/features/ledger/chart.tsx')],
  ['react.js', chunk('react')],
  ['card.js', chunk('card', ['usage.js'])],
])

test('counts the entry, the page, and what they import, once', () => {
  expect([...chunksUntil('usage-page.tsx', CHUNKS)].sort()).toEqual([
    'card.js',
    'index.js',
    'react.js',
    'usage.js',
  ])
})

test('leaves out what is loaded later', () => {
  expect(chunksUntil('usage-page.tsx', CHUNKS).has('chart.js')).toBe(false)
})

test('weighs each chunk as it travels', () => {
  expect(gzipBytes(['react.js', 'card.js'], CHUNKS)).toBe(gzipSync('react').length + gzipSync('card').length)
})

test('does not measure a page that no chunk has', () => {
  expect(() => chunksUntil('other-page.tsx', CHUNKS)).toThrow('no chunk has other-page.tsx')
})

test('finds the modules of a folder that readers of the page would load', () => {
  const needed = chunksUntil('usage-page.tsx', CHUNKS)
  expect(modulesOf('/features/ledger/', needed, CHUNKS)).toEqual(['/src/features/ledger/usage-page.tsx'])
  expect(modulesOf('/features/platform/', needed, CHUNKS)).toEqual([])
})
