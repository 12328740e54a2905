// How the dashboard is driven end to end: a real Chromium against the local stack that GWI_STACK names.
import { defineConfig } from '@playwright/test'

import { stack } from './e2e/support/stack.ts'

const MEASURED = 'figures.spec.ts'
const isRoot = process.getuid?.() === 0

export default defineConfig({
  testDir: 'e2e',
  outputDir: '../.local/playwright',
  fullyParallel: true,
  workers: 2,
  // What is measured is measured alone, after everything else, whether that went well or not.
  projects: [
    { name: 'flows', testIgnore: MEASURED, teardown: 'figures' },
    {
      name: 'figures',
      testMatch: MEASURED,
      fullyParallel: false,
      workers: 1,
      use: { contextOptions: { reducedMotion: 'no-preference' } },
    },
  ],
  forbidOnly: true,
  // A busy machine is slow, not wrong.
  timeout: 240_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
  use: {
    baseURL: stack.web,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1280, height: 900 },
    // A page that moves is drawn sixty times a second, by the processor alone.
    contextOptions: { reducedMotion: 'reduce' },
    // Tracing takes as long as the tests themselves: repeat what failed with `--trace on`.
    trace: 'off',
    launchOptions: {
      executablePath: process.env.GWI_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        // Chromium's own sandbox does not start as root.
        ...(isRoot ? ['--no-sandbox'] : []),
        // Nothing but this machine is asked for anything, whatever proxy the environment names.
        '--no-proxy-server',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-gpu',
      ],
    },
  },
})
