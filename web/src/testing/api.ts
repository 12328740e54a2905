// Answers requests in tests from a table of routes.
import { vi } from 'vitest'

type Answer = { status?: number; body?: unknown }
type Handler = (request: ReceivedRequest) => Answer
export type ReceivedRequest = {
  method: string
  path: string
  query: URLSearchParams
  body: unknown
  token: string | null
}

/** `METHOD /path` below /api/v1 to what is answered; plain JSON stands for status 200. */
export type Routes = Record<string, Handler | Answer>

/** Serve `routes` until the test ends; gives the requests as they came in. A request to no route fails its caller. */
export function serveApi(routes: Routes): ReceivedRequest[] {
  const received: ReceivedRequest[] = []
  vi.stubGlobal('fetch', async (input: string, init: RequestInit = {}) => {
    const request = read(input, init)
    received.push(request)
    const route = routes[`${request.method} ${request.path}`]
    if (!route) throw new Error(`no route for ${request.method} ${request.path}`)
    await Promise.resolve()
    return respond(typeof route === 'function' ? route(request) : route)
  })
  return received
}

/** A problem document, as the API answers a refusal. */
export function problem(status: number, code: string, detail: string, errors: object[] = []): Answer {
  return { status, body: { type: 'about:blank', title: code, status, code, detail, errors } }
}

function read(input: string, init: RequestInit): ReceivedRequest {
  const url = new URL(input, 'http://localhost')
  return {
    method: init.method ?? 'GET',
    path: decodeURIComponent(url.pathname.replace(/^\/api\/v1/, '')),
    query: url.searchParams,
    body: typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined,
    token: new Headers(init.headers).get('Authorization'),
  }
}

function respond({ status = 200, body }: Answer): Response {
  return new Response(status === 204 ? null : JSON.stringify(body), { status })
}
