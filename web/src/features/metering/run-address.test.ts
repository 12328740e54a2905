import { describe, expect, it } from 'vitest'

import { runOf, runPath } from './run-address'

describe('the address of a run', () => {
  it.each([
    'run-1',
    'a/b',
    'a//b/',
    '/a',
    '100%',
    'a%2Fb',
    'a b?c=1#d',
    'a/../b',
    'naïve 走る',
    '<b>run</b>',
  ])('carries "%s"', (run) => {
    const { pathname } = new URL(runPath('acme', run), 'http://localhost')
    expect(runOf(pathname)).toBe(run)
  })

  it('is one segment, so that no part of an id climbs out of it', () =>
    expect(runPath('acme', '../../new')).toBe('/t/acme/runs/..%2F..%2Fnew'))

  it('is found below a tenant that is called runs', () => expect(runOf(runPath('runs', 'a/b'))).toBe('a/b'))

  it('is found in the operator’s console', () =>
    expect(runOf('/operator/tenants/acme/runs/a%2Fb')).toBe('a/b'))

  it('takes slashes and bare percent signs typed by hand', () => {
    expect(runOf('/t/acme/runs/a/b')).toBe('a/b')
    expect(runOf('/t/acme/runs/100%')).toBe('100%')
  })
})
