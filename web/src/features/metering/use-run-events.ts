import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'

import { useTenant } from '@/lib/tenant'

import { runEventsQuery } from './run-queries'

/** What a page shows at once. A page of the API ends early where its metadata is large, so that these are few bytes. */
export const MAX_EVENTS = 10_000
const MAX_PAGES = 40

/** Read the events of a run from a cursor on, page after page, until there are enough to show. */
export function useRunEvents(run: string, cursor?: string) {
  const { id } = useTenant()
  const query = useInfiniteQuery(runEventsQuery(id, run, cursor))
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = query
  const count = data?.pages.reduce((sum, page) => sum + page.events.length, 0) ?? 0
  const pages = data?.pages.length ?? 0
  const isCut = hasNextPage && (count >= MAX_EVENTS || pages >= MAX_PAGES)
  const mayReadOn = hasNextPage && !isCut && !isError
  useEffect(() => {
    if (mayReadOn && !isFetching) void fetchNextPage()
    // Also once for each page: one that is answered at once is never seen being fetched.
  }, [mayReadOn, isFetching, pages, fetchNextPage])
  return {
    query,
    count,
    /** The cursor of the events before these. */
    older: isCut ? (data?.pages.at(-1)?.next_cursor ?? undefined) : undefined,
    /** Whether more pages are on their way. */
    isReadingOn: mayReadOn,
    /** The newest page while others are on their way, so that nothing moves but once; then all. */
    events: mayReadOn ? data?.pages[0]?.events : data?.pages.flatMap((page) => page.events),
  }
}
