import { ApiError } from '@/lib/api/problem'

/** The sentence to show at a form of one field. */
export function firstProblem(error: Error | null): string | undefined {
  return error instanceof ApiError ? (error.fields[0]?.message ?? error.message) : error?.message
}
