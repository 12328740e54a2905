// The parts of usage that can be explained; loaded after the first figures.
import { MERGED, NAMES, type Filter, type Question } from './explain-address'
import type { Group } from './group'

/** Leads to the failed events alone. */
export const ERRORS: Filter = { errors: 'true' }

/** The filter for a name of a group; undefined for what was merged under that name. */
export function filterOf(group: Group, name: string): Filter | undefined {
  if (group === 'provider' || group === 'model') return name === MERGED ? undefined : { [group]: name }
  if (group === 'user') return { user_id: name }
  if (group === 'workflow') return { workflow_id: name }
  if (group === 'key') return { api_key: name }
  return { tag: `${group.slice('tag:'.length)}:${name}` }
}

/** Return the question in an address; null if it is not one of `explainPath`. */
export function questionIn(search: URLSearchParams): Question | null {
  const [from, to] = [search.get('from'), search.get('to')]
  if (!from || !to) return null
  const question: Question = { from, to }
  for (const name of NAMES) {
    const value = search.get(name)
    if (value) question[name] = value
  }
  return question
}
