// @vitest-environment jsdom
import { expect, test } from 'vitest'

import { ApiError, Unreachable } from './problem'
import { newQueryClient } from './query-client'

const REMOVED = new ApiError(403, 'foreign_tenant', 'you are not a member')
const SUSPENDED = new ApiError(403, 'tenant_suspended', 'this tenant is suspended')

const failing = (error: Error) => () => Promise.reject(error)

test.each([REMOVED, SUSPENDED])('a refused request makes the layout find out why: %s', async (refusal) => {
  const client = newQueryClient()
  client.setQueryData(['tenant', 'acme', 'usage', 'current'], 'read before')
  const keys = client.query({ queryKey: ['tenant', 'acme', 'api-keys'], queryFn: failing(refusal) })
  await expect(keys).rejects.toBe(refusal)
  expect(client.getQueryState(['tenant', 'acme', 'usage', 'current'])?.isInvalidated).toBe(true)
})

test('a refusal of the usage itself does not ask for it again', async () => {
  const client = newQueryClient()
  let asked = 0
  const queryFn = () => {
    asked += 1
    return Promise.reject(REMOVED)
  }
  await expect(client.query({ queryKey: ['tenant', 'acme', 'usage', 'current'], queryFn })).rejects.toBe(
    REMOVED,
  )
  expect(asked).toBe(1)
})

test('retries only temporary failures', () => {
  const { retry } = newQueryClient().getDefaultOptions().queries ?? {}
  const again = (failures: number, error: Error) => typeof retry === 'function' && retry(failures, error)
  expect(again(0, new Unreachable())).toBe(true)
  expect(again(0, new ApiError(503, 'unavailable', 'away'))).toBe(true)
  expect(again(2, new Unreachable())).toBe(false)
  expect(again(0, REMOVED)).toBe(false)
})
