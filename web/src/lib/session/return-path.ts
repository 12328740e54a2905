// Where sign-in leads back to: only ever to a page of this app.
import type { Path } from 'react-router'

const NEXT = 'next'

type Place = Pick<Path, 'pathname' | 'search'>

/** The sign-in page that leads back to `location`. */
export const signInPath = (location: Place) => leadingBack('/sign-in', location)

/** The page that asks to confirm the address, and leads back to `location`. */
export const verifyEmailPath = (location: Place) => leadingBack('/verify-email', location)

function leadingBack(door: string, { pathname, search }: Place): string {
  const from = `${pathname}${search}`
  return from === '/' ? door : `${door}?${new URLSearchParams({ [NEXT]: from }).toString()}`
}

/** Where to go once signed in: the page that was asked for, if it is one of ours. */
export function afterSignIn(search: URLSearchParams): string {
  const next = search.get(NEXT) ?? '/'
  // `//host` and `/\host` are other origins to a browser.
  return /^\/(?![/\\])/.test(next) ? next : '/'
}
