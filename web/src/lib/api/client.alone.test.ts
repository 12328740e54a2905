import { expect, test, vi } from 'vitest'

import { serveApi } from '@/testing/api'

import { call } from './client'

// Firebase gives no token to a disabled account.
vi.mock('@/lib/session/session', () => ({
  idToken: () => Promise.reject(Object.assign(new Error(), { code: 'auth/user-disabled' })),
  signOut: () => Promise.resolve(),
}))

test('a route without sign-in is called without a token, so also when the session has ended', async () => {
  const requests = serveApi({ 'POST /mail/e1/stop': { body: { stopped: true } } })
  const request = { method: 'POST', body: {} } as const
  await expect(call('/mail/e1/stop', request)).rejects.toThrow('Your session has ended.')
  expect(await call('/mail/e1/stop', { ...request, isPublic: true })).toEqual({ stopped: true })
  expect(requests.map(({ token }) => token)).toEqual([null])
})
