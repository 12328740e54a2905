// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { newRefetchThrottle } from './refetch-throttle'

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Answers take `answer_ms`; gives the instants at which was asked, in milliseconds from the start. */
function throttled(answer_ms = 50) {
  const asked: number[] = []
  const start = Date.now()
  let underWay = 0
  let most = 0
  const ask = vi.fn(async () => {
    asked.push(Date.now() - start)
    most = Math.max(most, (underWay += 1))
    await new Promise((resolve) => setTimeout(resolve, answer_ms))
    underWay -= 1
  })
  return { throttle: newRefetchThrottle(ask), asked, ask, mostUnderWay: () => most }
}

const pass = (time_ms: number) => vi.advanceTimersByTimeAsync(time_ms)

function show(visibility: DocumentVisibilityState) {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visibility)
}

it('asks at once', () => {
  const { throttle, asked } = throttled()
  throttle.changed()
  expect(asked).toEqual([0])
})

it('asks once a second while changes come, and after the last of them', async () => {
  const { throttle, asked } = throttled()
  for (let change = 0; change < 35; change += 1) {
    throttle.changed()
    await pass(100)
  }
  await pass(60_000)
  expect(asked).toEqual([0, 1_000, 2_000, 3_000, 4_000])
})

it('asks again for a change that came while an answer was under way, which may not hold it', async () => {
  const { throttle, asked } = throttled(1_500)
  throttle.changed()
  await pass(1_400)
  throttle.changed()
  await pass(60_000)
  expect(asked).toEqual([0, 1_500])
})

it('never has two requests under way for changes, however slow the answers are', async () => {
  const { throttle, asked, mostUnderWay } = throttled(3_000)
  for (let change = 0; change < 100; change += 1) {
    throttle.changed()
    await pass(100)
  }
  expect(asked).toEqual([0, 3_000, 6_000, 9_000])
  expect(mostUnderWay()).toBe(1)
})

it('follows the last change, whatever the order of changes and answers', async () => {
  for (const [answer_ms, between_ms] of [
    [10, 999],
    [10, 1_000],
    [999, 1_000],
    [1_000, 1_000],
    [1_001, 1_000],
    [2_500, 700],
    [0, 0],
  ] as const) {
    const { throttle, asked } = throttled(answer_ms)
    let changed_ms = 0
    for (let change = 0; change < 7; change += 1) {
      throttle.changed()
      await pass(between_ms)
      if (change < 6) changed_ms += between_ms
    }
    await pass(60_000)
    expect(asked.at(-1)).toBeGreaterThanOrEqual(changed_ms)
    const spacings = asked.slice(1).map((at, index) => at - (asked[index] ?? 0))
    expect(Math.min(1_000, ...spacings)).toBe(1_000)
  }
})

it('goes on after a request that failed', async () => {
  const ask = vi.fn(() => Promise.reject(new Error('away')))
  const throttle = newRefetchThrottle(ask)
  throttle.changed()
  throttle.changed()
  await pass(5_000)
  expect(ask).toHaveBeenCalledTimes(2)
})

it('now() asks even while a response is pending', async () => {
  const ask = vi.fn(() => new Promise(() => undefined))
  const throttle = newRefetchThrottle(ask)
  throttle.changed()
  throttle.changed()
  await pass(60_000)
  expect(ask).toHaveBeenCalledTimes(1)
  throttle.now()
  expect(ask).toHaveBeenCalledTimes(2)
})

it('does not take the end of a request that was given up for the end of the last', async () => {
  const ends: (() => void)[] = []
  const ask = vi.fn(() => new Promise<void>((resolve) => ends.push(resolve)))
  const throttle = newRefetchThrottle(ask)
  throttle.changed()
  throttle.now()
  throttle.changed()
  ends[0]?.()
  await pass(5_000)
  expect(ask).toHaveBeenCalledTimes(2)
  ends[1]?.()
  await pass(5_000)
  expect(ask).toHaveBeenCalledTimes(3)
})

it('asks nothing while the page is hidden, and once when it is seen again', async () => {
  const { throttle, asked } = throttled()
  show('hidden')
  for (let change = 0; change < 5; change += 1) {
    throttle.changed()
    await pass(2_000)
  }
  expect(asked).toEqual([])
  show('visible')
  throttle.resume()
  throttle.resume()
  await pass(60_000)
  expect(asked).toEqual([10_000])
})

it('asks nothing when the page is seen again and nothing changed', async () => {
  const { throttle, asked } = throttled()
  throttle.resume()
  await pass(60_000)
  expect(asked).toEqual([])
})

it('asks nothing once it is stopped, and can begin anew', async () => {
  const { throttle, asked } = throttled()
  throttle.changed()
  throttle.changed()
  throttle.stop()
  await pass(60_000)
  expect(asked).toEqual([0])
  throttle.changed()
  expect(asked).toEqual([0, 60_000])
})
