import { hashKey, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

import { ApiError } from '@/lib/api/problem'
import { meQuery } from '@/lib/api/queries'

const REFUSED = [403, 404]

/** Asks after each refusal whether the reader still is an operator. If not, the gate shows the not-found page. */
export function useOperatorCheck() {
  const queries = useQueryClient()
  useEffect(() => {
    const me = meQuery().queryKey
    const check = (error: unknown) => {
      if (error instanceof ApiError && REFUSED.includes(error.status)) {
        void queries.invalidateQueries({ queryKey: me })
      }
    }
    const stops = [
      queries.getQueryCache().subscribe((event) => {
        if (event.type !== 'updated' || event.action.type !== 'error') return
        if (event.query.queryHash !== hashKey(me)) check(event.action.error)
      }),
      queries.getMutationCache().subscribe((event) => {
        if (event.type !== 'updated' || event.action.type !== 'error') return
        check(event.action.error)
      }),
    ]
    return () => stops.forEach((stop) => stop())
  }, [queries])
}
