import { expect, test } from 'vitest'

import { hostingHeaders, localConfig } from './local-firebase'

const STACK = {
  GWI_WEB_PROJECT: 'demo-gwi',
  GWI_WEB_AUTH: '127.0.0.1:9099',
  GWI_WEB_FIRESTORE: '127.0.0.1:8080',
}
const POLICY = {
  key: 'Content-Security-Policy',
  value: "default-src 'none'; connect-src 'self' https://a; frame-src https://b; img-src 'self'",
}
const FIREBASE_JSON = {
  hosting: {
    headers: [
      { source: '/assets/**', headers: [{ key: 'Cache-Control', value: 'immutable' }] },
      { source: '!/__/**', headers: [POLICY, { key: 'X-Frame-Options', value: 'DENY' }] },
    ],
  },
}

test('tells the app where the emulators are', () => {
  expect(localConfig(STACK)).toMatchObject({
    projectId: 'demo-gwi',
    emulators: { auth: '127.0.0.1:9099', firestore: '127.0.0.1:8080' },
  })
})

test('has no configuration of its own outside the local stack', () => {
  expect(localConfig({})).toBeNull()
})

test('sends the headers of production', () => {
  expect(hostingHeaders(FIREBASE_JSON, {})).toEqual([POLICY, { key: 'X-Frame-Options', value: 'DENY' }])
})

test('lets pages connect to the emulators and sign in by one, and widens nothing else', () => {
  expect(hostingHeaders(FIREBASE_JSON, STACK)[0]?.value).toBe(
    "default-src 'none'; connect-src 'self' https://a http://127.0.0.1:9099 http://127.0.0.1:8080; frame-src https://b http://127.0.0.1:9099; img-src 'self'",
  )
})
