import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { act, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { usageQuery } from '@/lib/api/queries'
import type { Live, Usage } from '@/lib/api/types'
import { problem, serveApi } from '@/testing/api'
import { usageOf } from '@/testing/usage'

import { LiveStatus } from './live-status'
import type { Listen, SnapshotHandlers, Sources } from './sources'
import { useLiveUsage } from './use-live-usage'

/** Stands where Firestore does: remembers who listens to what. */
function recordingListen() {
  const begun: { sources: Sources; handlers: SnapshotHandlers; stopped: boolean }[] = []
  const listen: Listen = (sources, handlers) => {
    const entry = { sources, handlers, stopped: false }
    begun.push(entry)
    return Promise.resolve(() => {
      entry.stopped = true
    })
  }
  const handlers = () => {
    const last = begun.at(-1)
    if (!last) throw new Error('nobody listens')
    return last.handlers
  }
  const snapshot = (id: string, isCurrent = true) => act(() => handlers().snapshot(id, isCurrent))
  const refuse = (why: 'denied' | 'failed') => act(() => handlers().refuse(why))
  return { begun, listen, snapshot, refuse }
}

function Figures({ usage, isOutdated, listen }: { usage: Usage; isOutdated: boolean; listen: Listen }) {
  const state = useLiveUsage({ usage, isOutdated }, listen)
  return (
    <>
      <p data-testid="calls">{usage.aggregate.total_llm_calls}</p>
      <LiveStatus state={state} />
    </>
  )
}

function Reader({ listen }: { listen: Listen }) {
  const { data, error } = useQuery(usageQuery('acme'))
  if (data && !error?.message.includes('member')) {
    return <Figures usage={data} isOutdated={error !== null} listen={listen} />
  }
  return error ? <p>{error.message}</p> : null
}

async function open(answer: () => object = () => ({ body: usageOf() })) {
  const requests = serveApi({ 'GET /tenants/acme/usage': answer })
  const listening = recordingListen()
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } })
  const { unmount } = render(
    <QueryClientProvider client={queries}>
      <Reader listen={listening.listen} />
    </QueryClientProvider>,
  )
  await pass(10)
  return { requests, unmount, ...listening }
}

/** A page whose one counter is connected, and which has asked since. */
async function openLive(answer?: () => object) {
  const opened = await open(answer)
  opened.snapshot('20261122.0')
  await pass(2_000)
  opened.requests.length = 0
  return opened
}

const pass = (time_ms: number) => act(() => vi.advanceTimersByTimeAsync(time_ms))
const calls = () => screen.getByTestId('calls').textContent
const usageWith = (live: Live | null) => usageOf({ live })

function counted(calls: number) {
  const { aggregate } = usageOf()
  return { body: usageOf({ aggregate: { ...aggregate, total_llm_calls: calls } }) }
}

function setOnline(online: boolean) {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(online)
  act(() => void window.dispatchEvent(new Event(online ? 'online' : 'offline')))
}

function show(visibility: DocumentVisibilityState) {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visibility)
  act(() => void document.dispatchEvent(new Event('visibilitychange')))
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.setSystemTime('2026-11-22T12:00:00Z')
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

it('listens to the counters of the answer, is live once all are connected, and then asks once', async () => {
  const counters = ['20261122.0', '20261122.1']
  const { begun, snapshot, requests } = await open(() => ({
    body: usageWith({ counters, ask_every_s: null }),
  }))
  expect(begun.map(({ sources }) => sources)).toEqual([{ tenant: 'acme', counters }])
  snapshot('20261122.0')
  expect(screen.getByText('Connecting')).toBeInTheDocument()
  expect(requests).toHaveLength(1)
  snapshot('20261122.1')
  expect(screen.getByText('Live')).toBeInTheDocument()
  await pass(3_600_000)
  expect(requests).toHaveLength(2)
})

it('shows what was recorded between the answer and the first snapshot', async () => {
  let answer = counted(350)
  const { snapshot } = await open(() => answer)
  answer = counted(351)
  snapshot('20261122.0')
  await pass(10)
  expect(calls()).toBe('351')
})

it('asks at once for a change, and shows the answer', async () => {
  let answer = counted(350)
  const { snapshot, requests } = await openLive(() => answer)
  answer = counted(351)
  snapshot('20261122.0')
  await pass(10)
  expect(calls()).toBe('351')
  expect(requests).toHaveLength(1)
})

it('never shows an answer after a later one: a request that another one overtakes is given up', async () => {
  const waiting: { signal: AbortSignal; answer: (calls: number) => void }[] = []
  const respond = (resolve: (response: Response) => void) => (calls: number) =>
    resolve(new Response(JSON.stringify(counted(calls).body)))
  vi.stubGlobal(
    'fetch',
    (_: string, { signal }: { signal: AbortSignal }) =>
      new Promise<Response>((resolve) => waiting.push({ signal, answer: respond(resolve) })),
  )
  const { listen, snapshot } = recordingListen()
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Reader listen={listen} />
    </QueryClientProvider>,
  )
  await pass(10)
  waiting[0]?.answer(350)
  await pass(10)
  snapshot('20261122.0')
  snapshot('20261122.0', false)
  act(() => void window.dispatchEvent(new Event('focus')))
  await pass(10)
  expect(waiting.map(({ signal }) => signal.aborted)).toEqual([false, true, false])
  waiting[2]?.answer(352)
  await pass(10)
  waiting[1]?.answer(351)
  await pass(10)
  expect(calls()).toBe('352')
})

it('remembers a change while the page is hidden, and asks when it is seen again', async () => {
  const { snapshot, requests } = await openLive()
  show('hidden')
  snapshot('20261122.0')
  await pass(60_000)
  snapshot('20261122.0')
  await pass(60_000)
  expect(requests).toEqual([])
  show('visible')
  await pass(60_000)
  expect(requests).toHaveLength(1)
})

it('asks every few seconds where there are too many counters, while the page is seen', async () => {
  const { begun, requests } = await open(() => ({ body: usageWith({ counters: [], ask_every_s: 5 }) }))
  expect(begun).toEqual([])
  expect(screen.getByText('Live')).toBeInTheDocument()
  await pass(14_900)
  expect(requests).toHaveLength(1 + 2)
  show('hidden')
  await pass(60_000)
  expect(requests).toHaveLength(1 + 2)
  show('visible')
  await pass(100)
  expect(requests).toHaveLength(1 + 3)
})

it('goes from listening to asking, and back, as the answers say', async () => {
  let live: Live = { counters: ['20261122.0'], ask_every_s: null }
  const { begun, snapshot, requests } = await open(() => ({ body: usageWith(live) }))
  live = { counters: [], ask_every_s: 5 }
  snapshot('20261122.0')
  await pass(100)
  expect(begun.map(({ stopped }) => stopped)).toEqual([true])
  live = { counters: ['20261122.0'], ask_every_s: null }
  await pass(5_000)
  expect(requests).toHaveLength(3)
  expect(begun.map(({ stopped }) => stopped)).toEqual([true, false])
  await pass(60_000)
  expect(requests).toHaveLength(3)
})

it('listens to nothing where the answer is not about now', async () => {
  const { begun, requests } = await open(() => ({ body: usageWith(null) }))
  await pass(60_000)
  expect(begun).toEqual([])
  expect(requests).toHaveLength(1)
})

it('asks the API when the day has ended, by the clock of the answer, and listens to the new day', async () => {
  let answer = usageOf()
  const { requests, begun } = await open(() => ({ body: answer }))
  vi.setSystemTime('2026-11-22T02:00:00Z')
  answer = usageWith({ counters: ['20261123.0'], ask_every_s: null })
  await pass(12 * 3_600_000)
  expect(requests).toHaveLength(1)
  await pass(2_100)
  expect(requests).toHaveLength(2)
  expect(begun.map(({ sources, stopped }) => [sources.counters, stopped])).toEqual([
    [['20261122.0'], true],
    [['20261123.0'], false],
  ])
})

it('asks the API when the period ends within the day', async () => {
  const { aggregate } = usageOf()
  const { requests } = await open(() => ({
    body: usageOf({ aggregate: { ...aggregate, period_end: '2026-11-22T13:00:00Z' } }),
  }))
  await pass(3_600_000)
  expect(requests).toHaveLength(1)
  await pass(2_000)
  expect(requests).toHaveLength(2)
})

it('stops listening when membership ends, and lets the API say so', async () => {
  let removed = false
  const { refuse, begun } = await open(() =>
    removed ? problem(403, 'foreign_tenant', 'You are not a member.') : { body: usageOf() },
  )
  removed = true
  refuse('denied')
  expect(begun[0]?.stopped).toBe(true)
  await pass(100)
  expect(screen.getByText('You are not a member.')).toBeInTheDocument()
})

it('keeps the figures without Firestore, says so, and refetches when the reader returns', async () => {
  const { requests, snapshot } = await openLive()
  snapshot('20261122.0', false)
  expect(calls()).toBe('350')
  expect(screen.getByText(/Live updates are unavailable/)).toBeInTheDocument()
  act(() => void window.dispatchEvent(new Event('focus')))
  await pass(100)
  expect(requests).toHaveLength(1)
})

it('asks for what it missed when Firestore answers again', async () => {
  const { requests, snapshot } = await openLive()
  snapshot('20261122.0', false)
  await pass(60_000)
  expect(requests).toEqual([])
  snapshot('20261122.0')
  await pass(60_000)
  expect(screen.getByText('Live')).toBeInTheDocument()
  expect(requests).toHaveLength(1)
})

it('says that it is not live where the API does not answer, and is live again once it does', async () => {
  let isAway = false
  const { requests, snapshot } = await openLive(() =>
    isAway ? problem(503, 'unavailable', 'The store is away.') : { body: usageOf() },
  )
  isAway = true
  snapshot('20261122.0')
  await pass(100)
  expect(screen.getByText('Paused')).toBeInTheDocument()
  isAway = false
  act(() => void window.dispatchEvent(new Event('focus')))
  await pass(100)
  expect(requests).toHaveLength(2)
  expect(screen.getByText('Live')).toBeInTheDocument()
})

it('listens anew after a failure when the reader returns', async () => {
  const { begun, refuse } = await open()
  refuse('failed')
  expect(begun).toHaveLength(1)
  act(() => void window.dispatchEvent(new Event('focus')))
  await pass(100)
  expect(begun).toHaveLength(2)
})

it('says that the browser is offline, and is live again after', async () => {
  await openLive()
  setOnline(false)
  expect(screen.getByText('Offline')).toBeInTheDocument()
  setOnline(true)
  expect(screen.getByText('Live')).toBeInTheDocument()
})

it('says that it is not live where the code for it does not load', async () => {
  serveApi({ 'GET /tenants/acme/usage': { body: usageOf() } })
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Reader listen={() => Promise.reject(new Error('no such chunk'))} />
    </QueryClientProvider>,
  )
  await pass(10)
  expect(screen.getByText('Paused')).toBeInTheDocument()
})

it('stops listening when the page is closed', async () => {
  const { begun, snapshot, requests, unmount } = await openLive()
  unmount()
  expect(begun[0]?.stopped).toBe(true)
  snapshot('20261122.0')
  await pass(60_000)
  expect(requests).toEqual([])
})
