// How answers are kept: nothing is polled, and only what may pass by itself is tried again.
import { QueryClient } from '@tanstack/react-query'

import { isTemporary } from './problem'

const TRIES = 2

/** The cache of one page. */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < TRIES && isTemporary(error),
      },
      mutations: { retry: false },
    },
  })
}
