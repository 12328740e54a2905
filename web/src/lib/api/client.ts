// Calls the API as the signed-in user.
import { idToken, signOut } from '@/lib/session/session'
import type { SignOutReason } from '@/lib/session/store'

import { ApiError, problemIn, Unreachable } from './problem'

export type ApiRequest = {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  query?: Record<string, string | number | undefined>
  signal?: AbortSignal
  /** For routes without sign-in: no token is sent, so an ended session does not matter. */
  isPublic?: boolean
}

const BASE = '/api/v1'
/** Error codes that end the session, with the reason that sign-in shows. */
const ENDINGS: Record<string, SignOutReason> = {
  token_expired: 'expired',
  token_revoked: 'expired',
  not_authenticated: 'expired',
  account_disabled: 'disabled',
}
/** Firebase codes that mean the session is over, as API codes. All others mean that Firebase was not reached. */
const FIREBASE_ENDINGS: Record<string, string> = {
  'auth/user-disabled': 'account_disabled',
  'auth/user-token-expired': 'token_revoked',
  'auth/user-not-found': 'token_revoked',
  'auth/invalid-user-token': 'token_revoked',
}

/** Return the JSON response. Throws ApiError or Unreachable, and signs out when the session has ended. */
export async function call<T>(path: string, request: ApiRequest = {}): Promise<T> {
  const response = await answered(path, request)
  return (response.status === 204 ? undefined : await response.json()) as T
}

/** Return a file under the name that the API gives it. */
export async function download(path: string, request: ApiRequest = {}): Promise<File> {
  const response = await answered(path, request)
  const disposition = response.headers.get('Content-Disposition') ?? ''
  return new File([await response.arrayBuffer()], /filename="([^"]+)"/.exec(disposition)?.[1] ?? 'download')
}

async function answered(path: string, request: ApiRequest): Promise<Response> {
  let response = await send(path, request, false)
  // The token may be expired or older than a change of the account, so try once with a new one.
  if (response.status === 401) response = await send(path, request, true)
  if (response.ok) return response
  const problem = await problemIn(response)
  throw await endingSession(problem)
}

/** Sign out if `problem` ends the session, and return it. */
async function endingSession(problem: ApiError): Promise<ApiError> {
  const reason = ENDINGS[problem.code]
  if (reason) await signOut(reason)
  return problem
}

async function send(path: string, request: ApiRequest, freshToken: boolean): Promise<Response> {
  const token = request.isPublic ? null : await currentToken(freshToken)
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
