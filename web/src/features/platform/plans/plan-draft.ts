// Plans while they are edited. `version` is the one that was read, so that the API notices who was faster.
import type { PlanTable, PlatformPlans } from '@/lib/api/types'

export type PlanDraft = Pick<PlatformPlans, 'version' | 'plans' | 'aliases'>

export function moved(draft: PlanDraft, id: string, by: -1 | 1): PlanDraft {
  const from = draft.plans.findIndex((plan) => plan.id === id)
  const plan = draft.plans[from]
  if (!plan) return draft
  return { ...draft, plans: draft.plans.toSpliced(from, 1).toSpliced(from + by, 0, plan) }
}

export function removed(draft: PlanDraft, id: string): PlanDraft {
  return {
    ...draft,
    plans: draft.plans.filter((plan) => plan.id !== id),
    aliases: withAliases(draft.aliases, id, []),
  }
}

/** The draft with `plan` instead of the one of its id, or after all others; `names` are its other names. */
export function placed(draft: PlanDraft, plan: PlanTable, names: readonly string[]): PlanDraft {
  const isKnown = draft.plans.some(({ id }) => id === plan.id)
  return {
    ...draft,
    plans: isKnown ? draft.plans.map((each) => (each.id === plan.id ? plan : each)) : [...draft.plans, plan],
    aliases: withAliases(draft.aliases, plan.id, names),
  }
}

export function aliasesOf(aliases: PlanDraft['aliases'], id: string): string[] {
  return Object.entries(aliases).flatMap(([alias, plan]) => (plan === id ? [alias] : []))
}

function withAliases(aliases: PlanDraft['aliases'], id: string, names: readonly string[]) {
  const others = Object.entries(aliases).filter(([, plan]) => plan !== id)
  return Object.fromEntries([...others, ...names.map((name) => [name, id] as const)])
}

/** The names of plans that were added, changed or removed. */
export function changedPlans(draft: PlanDraft, served: PlanDraft): string[] {
  const before = new Map(served.plans.map((plan) => [plan.id, JSON.stringify(plan)]))
  const after = new Set(draft.plans.map(({ id }) => id))
  return [
    ...draft.plans.filter((plan) => before.get(plan.id) !== JSON.stringify(plan)),
    ...served.plans.filter(({ id }) => !after.has(id)),
  ].map(({ name }) => name)
}
