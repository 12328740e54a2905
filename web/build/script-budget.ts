// Fails the build when a reader would have to wait for too much script before the usage page shows its figures.
import { gzipSync } from 'node:zlib'

import type { Plugin } from 'vite'

type Chunk = {
  code: string
  imports: string[]
  isEntry: boolean
  moduleIds: string[]
}

/** Names of the chunks that the entry and `page` need: themselves and all that they import statically. */
export function chunksUntil(page: string, chunks: Map<string, Chunk>): Set<string> {
  const needed = new Set<string>()
  const visit = (name: string) => {
    const chunk = chunks.get(name)
    if (!chunk || needed.has(name)) return
    needed.add(name)
    chunk.imports.forEach(visit)
  }
  const ofPage = [...chunks].filter(([, { moduleIds }]) => moduleIds.some((module) => module.endsWith(page)))
  if (ofPage.length === 0) throw new Error(`no chunk has ${page}`)
  for (const [name, { isEntry }] of chunks) if (isEntry) visit(name)
  for (const [name] of ofPage) visit(name)
  return needed
}

/** The bytes of those chunks as they travel. */
export function gzipBytes(names: Iterable<string>, chunks: Map<string, Chunk>): number {
  return [...names].reduce((sum, name) => sum + gzipSync(chunks.get(name)?.code ?? '').length, 0)
}

/** The modules of `folder` in those chunks. */
export function modulesOf(folder: string, names: Iterable<string>, chunks: Map<string, Chunk>): string[] {
  const modules = [...names].flatMap((name) => chunks.get(name)?.moduleIds ?? [])
  return modules.filter((module) => module.includes(folder))
}

type Budget = {
  /** The end of the path of the module that paints first. */
  page: string
  /** More than this, gzipped, fails the build. */
  maxBytes: number
  /** A folder of which the page's readers must not load anything. */
  without: string
}

export function scriptBudget({ page, maxBytes, without }: Budget): Plugin {
  return {
    name: 'script-budget',
    apply: 'build',
    generateBundle(_options, bundle) {
      const entries = Object.entries(bundle).flatMap(([name, output]) =>
        output.type === 'chunk' ? [[name, output] as const] : [],
      )
      const chunks = new Map<string, Chunk>(entries)
      const needed = chunksUntil(page, chunks)
      const foreign = modulesOf(without, needed, chunks)
      if (foreign.length > 0) this.error(`${page} loads ${foreign.join(', ')}`)
      const bytes = gzipBytes(needed, chunks)
      const sentence = `script until ${page} paints: ${(bytes / 1024).toFixed(1)} KB gzip of ${maxBytes / 1024}`
      if (bytes > maxBytes) this.error(sentence)
      this.info(sentence)
    },
  }
}
