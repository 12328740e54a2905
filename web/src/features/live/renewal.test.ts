// The pace of requests that listeners cause.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { newRenewal } from './renewal'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

it('asks once for what happens together, soon after the first of it', () => {
  const ask = vi.fn()
  const renewal = newRenewal(ask)
  for (let change = 0; change < 20; change += 1) renewal.soon()
  vi.advanceTimersByTime(300)
  expect(ask).toHaveBeenCalledTimes(1)
})

it('asks at most every ten seconds, and after the last change too', () => {
  const ask = vi.fn()
  const renewal = newRenewal(ask)
  for (let second = 0; second < 30; second += 1) {
    renewal.soon()
    vi.advanceTimersByTime(1_000)
  }
  expect(ask).toHaveBeenCalledTimes(3)
  vi.advanceTimersByTime(60_000)
  expect(ask).toHaveBeenCalledTimes(4)
})

it('asks at once where it is told to, and not again for what was waiting', () => {
  const ask = vi.fn()
  const renewal = newRenewal(ask)
  renewal.soon()
  renewal.now()
  vi.advanceTimersByTime(60_000)
  expect(ask).toHaveBeenCalledTimes(1)
})

it('asks nothing once it is stopped', () => {
  const ask = vi.fn()
  const renewal = newRenewal(ask)
  renewal.soon()
  renewal.stop()
  vi.advanceTimersByTime(60_000)
  expect(ask).not.toHaveBeenCalled()
})
