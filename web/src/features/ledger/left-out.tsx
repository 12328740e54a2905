// The calls that a cost leaves out, and the way to the rows that have them. The filter is in the address.
import { useSearchParams } from 'react-router'

import { TextLink } from '@/components/text-link'
import type { Aggregate } from '@/lib/api/types'
import { leftOutOf } from '@/lib/cost'

export const BREAKDOWN_ID = 'breakdown'

const PARAMETER = 'costs'

export type CostFilter = 'all' | 'incomplete'

export function useCostFilter() {
  const [search, setSearch] = useSearchParams()
  const filter: CostFilter = search.get(PARAMETER) === 'incomplete' ? 'incomplete' : 'all'
  const choose = (chosen: CostFilter) =>
    setSearch((before) => filtered(before, chosen), { replace: true, preventScrollReset: true })
  return [filter, choose] as const
}

/** Leads to the rows that leave something out. */
export function LeftOutLink({ aggregate }: { aggregate: Aggregate }) {
  const [search] = useSearchParams()
  return (
    <TextLink to={{ search: filtered(search, 'incomplete').toString(), hash: BREAKDOWN_ID }}>
      {leftOutOf(aggregate)}
    </TextLink>
  )
}

function filtered(search: URLSearchParams, filter: CostFilter): URLSearchParams {
  const changed = new URLSearchParams(search)
  if (filter === 'all') changed.delete(PARAMETER)
  else changed.set(PARAMETER, filter)
  return changed
}
