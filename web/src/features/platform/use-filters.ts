// The filters and the page of a list, kept in the address.
import { useSearchParams } from 'react-router'

import type { Query } from './queries'

const CURSOR = 'cursor'

/** What the address says of the filters `names` and of the page; `change` leads to the first page of other filters. */
export function useFilters<Name extends string>(names: readonly Name[]) {
  const [search, setSearch] = useSearchParams()
  const values = Object.fromEntries(names.map((name) => [name, search.get(name) || undefined])) as Record<
    Name,
    string | undefined
  >
  const cursor = search.get(CURSOR) ?? undefined
  const change = (changes: Partial<Record<Name, string | undefined>>) =>
    setSearch((before) => changed(before, { ...changes, [CURSOR]: undefined }), {
      replace: true,
      preventScrollReset: true,
    })
  return { values, cursor, change, query: { ...values, cursor } satisfies Query }
}

export function changed(search: URLSearchParams, changes: Query): URLSearchParams {
  const after = new URLSearchParams(search)
  for (const [name, value] of Object.entries(changes)) {
    if (value) after.set(name, value)
    else after.delete(name)
  }
  return after
}

/** The address of the page that a cursor names; without one, of the first page. */
export function pageAddress(search: URLSearchParams, cursor?: string): string {
  return `?${changed(search, { [CURSOR]: cursor }).toString()}`
}
