import { deleteApp, getApps } from 'firebase/app'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

const CONFIG = { projectId: 'demo-gwi', apiKey: 'local', authDomain: 'demo-gwi.firebaseapp.com' }

beforeEach(() => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(CONFIG))))
})

afterEach(async () => {
  await Promise.all(getApps().map((app) => deleteApp(app)))
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
  vi.resetModules()
})

it('signs in at the domain that the host names', async () => {
  const { firebase } = await import('./firebase')
  expect((await firebase()).app.options.authDomain).toBe('demo-gwi.firebaseapp.com')
})

it('signs in at the domain that the deploy has built in', async () => {
  vi.stubEnv('VITE_AUTH_DOMAIN', 'usage.example.com')
  const { firebase } = await import('./firebase')
  expect((await firebase()).app.options.authDomain).toBe('usage.example.com')
})
