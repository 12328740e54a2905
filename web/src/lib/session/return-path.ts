// Redirects after sign-in, only to pages of this app.
import type { Path } from 'react-router'

const NEXT = 'next'

type Place = Pick<Path, 'pathname' | 'search'>

export const signInPath = (location: Place) => leadingBack('/sign-in', location)

export const verifyEmailPath = (location: Place) => leadingBack('/verify-email', location)

function leadingBack(door: string, { pathname, search }: Place): string {
  const from = `${pathname}${search}`
  return from === '/' ? door : `${door}?${new URLSearchParams({ [NEXT]: from }).toString()}`
}

/** Return the requested page if it is one of ours, else the home page. */
export function afterSignIn(search: URLSearchParams): string {
  const next = search.get(NEXT) ?? '/'
  // `//host` and `/\host` are other origins to a browser.
  return /^\/(?![/\\])/.test(next) ? next : '/'
}
