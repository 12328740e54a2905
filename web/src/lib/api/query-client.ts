// How answers are kept: none is asked for again by itself, and only what may pass by itself is tried again.
import { MutationCache, QueryCache, QueryClient, type QueryKey } from '@tanstack/react-query'

import { codeOf, isTemporary } from './problem'

const TRIES = 2

/** The cache of one page. */
export function newQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (!isUsage(query.queryKey)) askWhetherStillMember(client, error)
      },
    }),
    mutationCache: new MutationCache({ onError: (error) => askWhetherStillMember(client, error) }),
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < TRIES && isTemporary(error),
      },
      mutations: { retry: false },
    },
  })
  return client
}

/** Who was removed learns it at the next thing they ask for: the frame of the tenant's pages follows the usage. */
function askWhetherStillMember(client: QueryClient, error: Error) {
  if (codeOf(error) === 'foreign_tenant') {
    void client.invalidateQueries({ predicate: ({ queryKey }) => isUsage(queryKey) })
  }
}

function isUsage([kind, , name]: QueryKey): boolean {
  return kind === 'tenant' && name === 'usage'
}
