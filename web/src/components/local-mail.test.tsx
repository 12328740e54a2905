import { screen, waitFor } from '@testing-library/react'
import { deleteApp, getApps } from 'firebase/app'
import { afterEach, expect, test, vi } from 'vitest'

import { serveApi } from '@/testing/api'
import { renderPage } from '@/testing/render'

const INIT = 'GET /__/firebase/init.json'
const CONFIG = { projectId: 'demo-gwi', apiKey: 'local', authDomain: 'localhost' }
const EMULATORS = { auth: '127.0.0.1:9099', firestore: '127.0.0.1:8080' }

// The app and its configuration are read once.
afterEach(async () => {
  await Promise.all(getApps().map(deleteApp))
  vi.resetModules()
})

async function show() {
  const { LocalMail } = await import('./local-mail')
  return renderPage(<LocalMail />)
}

test('leads to the mail of the local stack', async () => {
  serveApi({ [INIT]: { body: { ...CONFIG, emulators: EMULATORS } } })
  await show()
  const link = await screen.findByRole('link', { name: '/_mail' })
  expect(link).toHaveAttribute('href', '/_mail')
  expect(link).toHaveAttribute('target', '_blank')
})

test.each([
  ['in production', { body: CONFIG }],
  ['where the configuration cannot be loaded', { status: 503 }],
])('shows nothing %s', async (_where, init) => {
  serveApi({ [INIT]: init })
  const { container, queries } = await show()
  await waitFor(() => expect(queries.getQueryData(['is-on-emulators'])).toBe(false))
  expect(container).not.toHaveTextContent('Local stack')
})
