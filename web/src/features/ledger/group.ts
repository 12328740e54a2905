// What usage is split by. The choice is in the address, so that a link leads to it.
import { useSearchParams } from 'react-router'

import type { GroupBy } from '@/lib/api/types'

export type NameGroup = 'user' | 'workflow' | 'key' | `tag:${string}`
export type Group = GroupBy | NameGroup

const TAG = 'tag:'
const NAMES = ['user', 'workflow', 'key'] as const
const LABELS = {
  model: 'Models',
  provider: 'Providers',
  user: 'Users',
  workflow: 'Workflows',
  key: 'API keys',
}
const SINGULAR = { model: 'Model', provider: 'Provider', user: 'User', workflow: 'Workflow', key: 'API key' }

/** Users, workflows, API keys and tags, which are summed by the day in UTC. */
export function isNameGroup(group: string): group is NameGroup {
  return (NAMES as readonly string[]).includes(group) || /^tag:[a-z][a-z0-9_-]{0,31}$/.test(group)
}

/** One of the group: "User", or the name of the tag. */
export function singularOf(group: Group): string {
  return isTag(group) ? group.slice(TAG.length) : SINGULAR[group]
}

/** The groups to choose from: the chosen one too, even if nothing has had that tag yet. */
export function groupOptions(tags: readonly string[], chosen: string) {
  const groups: Group[] = ['model', 'provider', ...NAMES, ...tags.map((tag) => `tag:${tag}` as const)]
  if (isNameGroup(chosen) && !groups.includes(chosen)) groups.push(chosen)
  return groups.map((group) => ({
    value: group,
    label: isTag(group) ? `Tag: ${singularOf(group)}` : LABELS[group],
  }))
}

/** The group in a parameter of the address; `usual` is not written there. */
export function useGroup<Usual extends string>(parameter: string, usual: Usual) {
  const [search, setSearch] = useSearchParams()
  const found = search.get(parameter) ?? usual
  const group: Group | Usual = found === 'model' || found === 'provider' || isNameGroup(found) ? found : usual
  const choose = (chosen: string) =>
    setSearch(
      (before) => {
        const changed = new URLSearchParams(before)
        if (chosen === usual) changed.delete(parameter)
        else changed.set(parameter, chosen)
        return changed
      },
      { replace: true, preventScrollReset: true },
    )
  return [group, choose] as const
}

function isTag(group: Group): group is `tag:${string}` {
  return group.startsWith(TAG)
}
