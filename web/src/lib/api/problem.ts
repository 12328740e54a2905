// Errors of requests, as pages show them.
import type { FieldProblem, Problem } from './types'

/** An RFC 9457 problem of the API. */
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

  field(name: string): string | undefined {
    return this.fields.find(({ field }) => field === name)?.message
  }
}

export class Unreachable extends Error {
  constructor() {
    super(navigator.onLine ? 'The service did not respond.' : 'You are offline.')
    this.name = 'Unreachable'
  }
}

export function isTemporary(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof ApiError && error.status >= 500)
}

export function codeOf(error: unknown): string | null {
  return error instanceof ApiError ? error.code : null
}

export async function problemIn(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>
  const message = problem.detail ?? problem.title ?? `The service returned status ${response.status}.`
  return new ApiError(response.status, problem.code ?? 'unexpected_answer', message, problem.errors ?? [])
}
