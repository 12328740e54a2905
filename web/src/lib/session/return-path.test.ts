import { expect, test } from 'vitest'

import { afterSignIn, signInPath } from './return-path'

const landing = (location: { pathname: string; search: string }) =>
  afterSignIn(new URLSearchParams(signInPath(location).split('?')[1]))

test('leads back to the page that was asked for', () => {
  expect(landing({ pathname: '/t/acme/runs', search: '?a=b&c=d' })).toBe('/t/acme/runs?a=b&c=d')
})

test('leads to the front door when nothing was asked for', () => {
  expect(signInPath({ pathname: '/', search: '' })).toBe('/sign-in')
  expect(afterSignIn(new URLSearchParams())).toBe('/')
})

test.each(['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', 't/acme'])(
  'never leads to %s',
  (next) => {
    expect(afterSignIn(new URLSearchParams({ next }))).toBe('/')
  },
)
