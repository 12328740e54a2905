// Calls the API as the person who is signed in.
import { idToken, signOut } from '@/lib/session/session'
import type { SignOutReason } from '@/lib/session/store'

import { ApiError, problemIn, Unreachable } from './problem'

export type ApiRequest = {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  body?: unknown
  query?: Record<string, string | number | undefined>
  signal?: AbortSignal
}

const BASE = '/api/v1'
/** Refusals that end the session, and what the sign-in page then tells. */
const ENDINGS: Record<string, SignOutReason> = {
  token_expired: 'expired',
  token_revoked: 'expired',
  not_authenticated: 'expired',
  account_disabled: 'disabled',
}
/** Firebase's own word that this account gets no more tokens, rather than that it could not be asked. */
const FIREBASE_ENDINGS: Record<string, string> = {
  'auth/user-disabled': 'account_disabled',
  'auth/user-token-expired': 'token_revoked',
  'auth/user-not-found': 'token_revoked',
  'auth/invalid-user-token': 'token_revoked',
}

/** The answer's JSON. Raises ApiError for a refusal, Unreachable if there was no answer; signs out if the session is over. */
export async function call<T>(path: string, request: ApiRequest = {}): Promise<T> {
  const response = await answered(path, request)
  return (response.status === 204 ? undefined : await response.json()) as T
}

/** The answer as a file, for downloads. */
export async function download(path: string, request: ApiRequest = {}): Promise<Blob> {
  return (await answered(path, request)).blob()
}

async function answered(path: string, request: ApiRequest): Promise<Response> {
  let response = await send(path, request, false)
  // A token may have ended between two looks at the clock, or before the account changed: a new one tells.
  if (response.status === 401) response = await send(path, request, true)
  if (response.ok) return response
  const problem = await problemIn(response)
  throw await endingSession(problem)
}

/** `problem`, after the session has been ended if it says so. */
async function endingSession(problem: ApiError): Promise<ApiError> {
  const reason = ENDINGS[problem.code]
  if (reason) await signOut(reason)
  return problem
}

async function send(path: string, request: ApiRequest, freshToken: boolean): Promise<Response> {
  const token = await currentToken(freshToken)
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {}
  if (request.body !== undefined) headers['Content-Type'] = 'application/json'
  try {
    return await fetch(address(path, request.query), {
      method: request.method ?? 'GET',
      headers,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(request.signal ? { signal: request.signal } : {}),
    })
  } catch (error) {
    if (request.signal?.aborted) throw error
    throw new Unreachable()
  }
}

async function currentToken(fresh: boolean): Promise<string | null> {
  try {
    return await idToken(fresh)
  } catch (error) {
    const code = FIREBASE_ENDINGS[(error as { code?: string }).code ?? '']
    if (code === undefined) throw new Unreachable()
    throw await endingSession(new ApiError(401, code, 'Your session has ended.'))
  }
}

function address(path: string, query: ApiRequest['query'] = {}): string {
  const given = Object.entries(query).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined,
  )
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return `${BASE}${path}${search ? `?${search}` : ''}`
}
