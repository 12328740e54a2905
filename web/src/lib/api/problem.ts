// What can go wrong with a request, as errors that a page can show.
import type { FieldProblem, Problem } from './types'

/** The API refused or failed: an RFC 9457 problem document, or what could be told without one. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: FieldProblem[] = [],
  ) {
    super(message)
    this.name = 'ApiError'
  }

  /** What is wrong with one field of a form; undefined if nothing is. */
  field(name: string): string | undefined {
    return this.fields.find(({ field }) => field === name)?.message
  }
}

/** The API was not reached at all. */
export class Unreachable extends Error {
  constructor() {
    super(navigator.onLine ? 'The service did not respond.' : 'You are offline.')
    this.name = 'Unreachable'
  }
}

/** Whether sending the same again may help. */
export function isTemporary(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof ApiError && error.status >= 500)
}

/** The code by which a page decides what to show; null for what has none. */
export function codeOf(error: unknown): string | null {
  return error instanceof ApiError ? error.code : null
}

/** The error that an answer tells of. */
export async function problemIn(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>
  const message = problem.detail ?? problem.title ?? `The service returned status ${response.status}.`
  return new ApiError(response.status, problem.code ?? 'unexpected_answer', message, problem.errors ?? [])
}
