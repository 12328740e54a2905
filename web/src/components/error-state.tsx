import { CircleAlert, RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'

import { codeOf } from '@/lib/api/problem'

import { Button } from './button'

type ErrorStateProps = {
  title: string
  /** The query that failed. Shows its error's message and code, and retries it. */
  query?: { error: unknown; isFetching: boolean; refetch: () => unknown }
  /** Shown instead of the error's own message. */
  message?: string
  onRetry?: () => void
  action?: ReactNode
  /** 1 where it is all that a page shows. */
  level?: 1 | 2
}

export function ErrorState(props: ErrorStateProps) {
  const { title, query, message, action, level = 2 } = props
  const onRetry = query ? () => void query.refetch() : props.onRetry
  const Heading = level === 1 ? 'h1' : 'h2'
  const code = codeOf(query?.error)
  return (
    <div role="alert" className="mx-auto flex w-full max-w-md flex-col items-center px-2 py-8 text-center">
      <span className="mb-3 inline-flex size-11 items-center justify-center rounded-xl bg-danger-soft text-danger-text">
        <CircleAlert aria-hidden className="size-5" />
      </span>
      <Heading className="text-base font-semibold text-ink">{title}</Heading>
      <p className="mt-1 text-ink-soft wrap-anywhere">{message ?? messageOf(query?.error)}</p>
      {code !== null && <p className="mt-1 font-mono text-xs text-ink-faint">{code}</p>}
      {(onRetry ?? action) !== undefined && (
        <div className="mt-4 flex flex-wrap justify-center gap-2">
          {onRetry && (
            <Button icon={RotateCw} onClick={onRetry} loading={query?.isFetching ?? false}>
              Try again
            </Button>
          )}
          {action}
        </div>
      )}
    </div>
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong. Try again in a moment.'
}
