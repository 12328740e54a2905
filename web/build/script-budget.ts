// Fails the build when a reader would have to wait for too much script before the usage page shows its figures.
import { gzipSync } from 'node:zlib'

import type { Plugin } from 'vite'

type Chunk = { code: string; imports: string[]; isEntry: boolean; facadeModuleId: string | null }

/** Names of the chunks that the entry and `page` need: themselves and all that they import statically. */
export function chunksUntil(page: string, chunks: Map<string, Chunk>): Set<string> {
  const needed = new Set<string>()
  const visit = (name: string) => {
    const chunk = chunks.get(name)
    if (!chunk || needed.has(name)) return
    needed.add(name)
    chunk.imports.forEach(visit)
  }
  for (const [name, { isEntry, facadeModuleId }] of chunks) {
    if (isEntry || facadeModuleId?.endsWith(page)) visit(name)
  }
  return needed
}

/** The bytes of those chunks as they travel. */
export function gzipBytes(names: Iterable<string>, chunks: Map<string, Chunk>): number {
  return [...names].reduce((sum, name) => sum + gzipSync(chunks.get(name)?.code ?? '').length, 0)
}

/** `page` is the end of the path of the module that paints first; more than `maxBytes` gzipped fails the build. */
export function scriptBudget(page: string, maxBytes: number): Plugin {
  return {
    name: 'script-budget',
    apply: 'build',
    generateBundle(_options, bundle) {
      const entries = Object.entries(bundle).flatMap(([name, output]) =>
        output.type === 'chunk' ? [[name, output] as const] : [],
      )
      const chunks = new Map<string, Chunk>(entries)
      const bytes = gzipBytes(chunksUntil(page, chunks), chunks)
      const sentence = `script until ${page} paints: ${(bytes / 1024).toFixed(1)} KB gzip of ${maxBytes / 1024}`
      if (bytes > maxBytes) this.error(sentence)
      this.info(sentence)
    },
  }
}
