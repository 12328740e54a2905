// What usage is split by. The choice is in the address, so that a link leads to it.
import type { GroupBy } from '@/lib/api/types'

import { useParameter } from './use-choice'

export type NameGroup = 'user' | 'workflow' | 'key' | `tag:${string}`
export type Group = GroupBy | NameGroup

/** Usage without a name, and of names that are not listed. */
export const REST = 'The rest'

const TAG = 'tag:'
const NAMES = ['user', 'workflow', 'key'] as const
const LABELS = {
  model: 'Models',
  provider: 'Providers',
  user: 'Users',
  workflow: 'Workflows',
  key: 'API keys',
}
const SINGULAR = { model: 'model', provider: 'provider', user: 'user', workflow: 'workflow', key: 'API key' }

/** Users, workflows, API keys and tags, which are summed by the day in UTC. */
export function isNameGroup(group: string): group is NameGroup {
  return (NAMES as readonly string[]).includes(group) || /^tag:[a-z][a-z0-9_-]{0,31}$/.test(group)
}

/** One of the group: "user", or the name of the tag. */
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
  const [found, choose] = useParameter(parameter, usual)
  const group: Group | Usual = found === 'model' || found === 'provider' || isNameGroup(found) ? found : usual
  return [group, choose] as const
}

function isTag(group: Group): group is `tag:${string}` {
  return group.startsWith(TAG)
}
