// The hook from end to end: what is heard moves the figures, and asks the API only where it must.
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { act, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { usageQuery } from '@/lib/api/queries'
import type { Usage } from '@/lib/api/types'
import { problem, serveApi } from '@/testing/api'
import { usageOf } from '@/testing/usage'

import { LiveStatus } from './live-status'
import type { Ear, Listen, Sources } from './sources'
import { useLiveUsage } from './use-live-usage'

/** Stands where Firestore does: remembers who listens to what. */
function recordingListen() {
  const begun: { sources: Sources; ear: Ear; stopped: boolean }[] = []
  const listen: Listen = (sources, ear) => {
    const entry = { sources, ear, stopped: false }
    begun.push(entry)
    return Promise.resolve(() => {
      entry.stopped = true
    })
  }
  const ear = () => {
    const last = begun.at(-1)
    if (!last) throw new Error('nobody listens')
    return last.ear
  }
  return { begun, listen, ear }
}

function Figures({ usage: read, listen }: { usage: Usage; listen: Listen }) {
  const { usage, state } = useLiveUsage(read, listen)
  return (
    <>
      <p data-testid="calls">{usage.aggregate.total_llm_calls}</p>
      <LiveStatus state={state} />
    </>
  )
}

function Reader({ listen }: { listen: Listen }) {
  const { data, error } = useQuery(usageQuery('acme'))
  if (error) return <p>{error.message}</p>
  return data ? <Figures usage={data} listen={listen} /> : null
}

async function open(answer: () => object = () => ({ body: usageOf() })) {
  const requests = serveApi({ 'GET /tenants/acme/usage': answer })
  const hearing = recordingListen()
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } })
  render(
    <QueryClientProvider client={queries}>
      <Reader listen={hearing.listen} />
    </QueryClientProvider>,
  )
  await pass(10)
  return { requests, ...hearing }
}

const pass = (time_ms: number) => act(() => vi.advanceTimersByTimeAsync(time_ms))

const counter = (calls: number) => ({ hours: { '09': { 'openai|gpt-4%2E1-mini': { calls } } } })
const calls = () => screen.getByTestId('calls').textContent

function setOnline(online: boolean) {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(online)
  act(() => void window.dispatchEvent(new Event(online ? 'online' : 'offline')))
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

it('listens to the rollup and the counters of the answer, and is live once all have been heard', async () => {
  const { begun, ear } = await open()
  expect(begun.map(({ sources }) => sources)).toEqual([
    { tenant: 'acme', period_key: '20261101T00', counters: ['20261122.0'] },
  ])
  expect(screen.getByText('Connecting')).toBeInTheDocument()
  act(() => ear().reach('rollup', true))
  expect(screen.getByText('Connecting')).toBeInTheDocument()
  act(() => ear().reach('20261122.0', true))
  expect(screen.getByText('Live')).toBeInTheDocument()
})

it('moves at once, and asks the API once for what only it knows', async () => {
  const { requests, ear } = await open()
  act(() => ear().counter('20261122.0', counter(11)))
  expect(calls()).toBe('351')
  act(() => ear().counter('20261122.0', counter(12)))
  expect(calls()).toBe('352')
  await pass(9_000)
  expect(requests).toHaveLength(2)
})

it('reads nothing while nothing changes', async () => {
  const { requests, ear } = await open()
  act(() => ear().rollup(Date.parse('2026-11-22T11:59:00Z')))
  act(() => ear().counter('20261122.0', counter(10)))
  await pass(3_600_000)
  expect(requests).toHaveLength(1)
})

it('does not ask without end where the answer stays behind', async () => {
  const { requests, ear } = await open()
  act(() => ear().counter('20261122.0', counter(11)))
  await pass(3_600_000)
  expect(requests).toHaveLength(2)
})

it('asks the API when a later fold has been written', async () => {
  const { requests, ear } = await open()
  act(() => ear().rollup(Date.parse('2026-11-22T12:00:30Z')))
  await pass(1_000)
  expect(requests).toHaveLength(2)
})

it('asks the API when the day has ended, by the clock of the answer, and listens to the new day', async () => {
  let answer = usageOf()
  const { requests, begun } = await open(() => ({ body: answer }))
  vi.setSystemTime('2026-11-22T02:00:00Z')
  answer = usageOf({ live: answer.live && { ...answer.live, counters: ['20261122.0', '20261123.0'] } })
  await pass(12 * 3_600_000)
  expect(requests).toHaveLength(1)
  await pass(3_000)
  expect(requests).toHaveLength(2)
  expect(begun.map(({ sources, stopped }) => [sources.counters.length, stopped])).toEqual([
    [1, true],
    [2, false],
  ])
})

it('stops listening when membership ends, and lets the API say so', async () => {
  let removed = false
  const { ear, begun } = await open(() =>
    removed ? problem(403, 'foreign_tenant', 'You are not a member.') : { body: usageOf() },
  )
  removed = true
  act(() => ear().refuse('denied'))
  expect(begun[0]?.stopped).toBe(true)
  await pass(100)
  expect(screen.getByText('You are not a member.')).toBeInTheDocument()
})

it('keeps the figures where Firestore cannot be reached, says so, and renews them when the reader returns', async () => {
  const { requests, ear } = await open()
  act(() => ear().reach('20261122.0', false))
  expect(calls()).toBe('350')
  expect(screen.getByText(/the live connection is down/)).toBeInTheDocument()
  act(() => void window.dispatchEvent(new Event('focus')))
  await pass(100)
  expect(requests).toHaveLength(2)
})

it('listens anew after a failure when the reader returns', async () => {
  const { begun, ear } = await open()
  act(() => ear().refuse('failed'))
  expect(begun).toHaveLength(1)
  act(() => void window.dispatchEvent(new Event('focus')))
  await pass(100)
  expect(begun).toHaveLength(2)
})

it('says that the browser is offline, and is live again after', async () => {
  const { ear } = await open()
  act(() => ['rollup', '20261122.0'].forEach((name) => ear().reach(name, true)))
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
