// What only the page of a run reads.
import { queryOptions } from '@tanstack/react-query'

import { call } from '@/lib/api/client'
import { pagesQuery, runPath } from '@/lib/api/queries'
import type { EventPage, RunTree } from '@/lib/api/types'

/** The API's maximum, so that most runs need one request. */
const EVENTS_PER_PAGE = 500

export const runTreeQuery = (tenant: string, run: string) =>
  queryOptions({
    queryKey: ['tenant', tenant, 'run', run, 'tree'],
    queryFn: ({ signal }) => call<RunTree>(`${runPath(tenant, run)}/tree`, { signal }),
  })

/** The events of a run, the newest first, from a cursor on. */
export const runEventsQuery = (tenant: string, run: string, cursor?: string) =>
  pagesQuery<EventPage>(
    tenant,
    'events',
    { run_id: run, metadata: 'true', limit: String(EVENTS_PER_PAGE) },
    cursor,
  )
