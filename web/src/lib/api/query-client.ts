// Caching and retries: only temporary failures are retried.
import { MutationCache, QueryCache, QueryClient, type QueryKey } from '@tanstack/react-query'

import { codeOf, isTemporary } from './problem'

const TRIES = 2

export function newQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (!isUsage(query.queryKey)) recheckMembership(client, error)
      },
    }),
    mutationCache: new MutationCache({ onError: (error) => recheckMembership(client, error) }),
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        refetchOnWindowFocus: false,
        // However short it was, what happened meanwhile is not known.
        refetchOnReconnect: 'always',
        retry: (failures, error) => failures < TRIES && isTemporary(error),
      },
      // A change that waits for the network would happen when nobody expects it any more.
      mutations: { retry: false, networkMode: 'always' },
    },
  })
  return client
}

/** Refetch usage after a request was refused, because the tenant layout shows the reason from it. */
function recheckMembership(client: QueryClient, error: Error) {
  if (['foreign_tenant', 'tenant_suspended'].includes(codeOf(error) ?? '')) {
    void client.invalidateQueries({ predicate: ({ queryKey }) => isUsage(queryKey) })
  }
}

function isUsage([kind, , name]: QueryKey): boolean {
  return kind === 'tenant' && name === 'usage'
}
