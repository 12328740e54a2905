// How the app is built, served while it is developed, and tested.
import { fileURLToPath } from 'node:url'

import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

import { clientPackage } from './build/client-package.ts'
import { localFirebase } from './build/local-firebase.ts'
import { productionRouter } from './build/production-router.ts'
import { scriptBudget } from './build/script-budget.ts'

/** Until the usage page shows its figures; charts and listeners load after it. */
const MAX_FIRST_SCRIPT_BYTES = 168 * 1024

const EVERY_PAGE_USES = /node_modules\/(react|react-dom|scheduler|react-router|@tanstack)\//

const MOST_PAGES_USE = /\/src\/|lucide/
const MOST_PAGES = 18

const proxy = {
  '/api': { target: process.env.GWI_WEB_API ?? 'http://127.0.0.1:8083', changeOrigin: false },
  // Recording, so that the address of the app is all that a first event needs.
  '/v1': { target: process.env.GWI_WEB_RECORD ?? 'http://127.0.0.1:8081', changeOrigin: false },
  // The mail that the local stack would have sent.
  '/_mail': { target: process.env.GWI_WEB_MAIL ?? 'http://127.0.0.1:8087', changeOrigin: false },
}

const ALONE = ['src/**/*.alone.test.ts', 'src/**/*.alone.test.tsx']

const PAGE = { environment: 'jsdom', setupFiles: ['src/testing/setup.ts'] }

export default defineConfig({
  plugins: [
    react(),
    tailwindcss(),
    productionRouter,
    clientPackage,
    localFirebase(new URL('../firebase.json', import.meta.url)),
    scriptBudget({
      page: 'features/ledger/usage-page.tsx',
      maxBytes: MAX_FIRST_SCRIPT_BYTES,
      without: '/src/features/platform/',
    }),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  server: { proxy },
  preview: { proxy },
  build: {
    target: 'es2022',
    sourcemap: false,
    // A browser without modulepreload loads the same scripts a little later.
    modulePreload: { polyfill: false },
    // Together they compress better, and a release that changes none of them leaves them in the browser's cache.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'vendor', test: EVERY_PAGE_USES },
            // Each by itself, these are many requests for a few bytes.
            { name: 'shared', test: MOST_PAGES_USE, minShareCount: MOST_PAGES },
          ],
        },
      },
    },
  },
  test: {
    // A busy machine is slow, not wrong: see the patience in src/testing/setup.ts too.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Modules and the page are made once for all files: to make them for each took three times as long as the tests.
    isolate: false,
    pool: 'threads',
    unstubGlobals: true,
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: { name: 'logic', include: ['src/**/*.test.ts', 'build/**/*.test.ts'], exclude: ALONE },
      },
      {
        extends: true,
        test: { name: 'components', include: ['src/**/*.test.tsx'], exclude: ALONE, ...PAGE },
      },
      // Tests that replace modules have modules of their own.
      { extends: true, test: { name: 'alone', include: ALONE, isolate: true, ...PAGE } },
    ],
  },
})
