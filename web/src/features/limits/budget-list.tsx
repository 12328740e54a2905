// The budgets of a tenant with their bars: in its settings, and in the operator console.
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { Badge } from '@/components/badge'
import { Instant } from '@/components/instant'
import { apiKeysQuery } from '@/lib/api/queries'
import type { Budget } from '@/lib/api/types'

import { BudgetBars } from './budget-bars'
import { amountText, scopeText, type KeyNames } from './budget-text'

type BudgetListProps = {
  tenant: string
  budgets: readonly Budget[]
  actions?: (budget: Budget) => ReactNode
}

export function BudgetList({ tenant, budgets, actions }: BudgetListProps) {
  const keys = useKeyNames(
    tenant,
    budgets.some(({ scope }) => 'api_key' in scope),
  )
  return (
    <ul className="divide-y divide-line border-t border-line">
      {budgets.map((budget) => (
        <li key={budget.id} className="grid min-w-0 gap-3 px-4 py-4 sm:px-5">
          <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-2">
            <Description budget={budget} keys={keys} />
            {actions && <div className="-mx-2.5 flex flex-wrap gap-1">{actions(budget)}</div>}
          </div>
          <BudgetBars budget={budget} keys={keys} />
        </li>
      ))}
    </ul>
  )
}

function Description({ budget, keys }: { budget: Budget; keys: KeyNames }) {
  return (
    <div className="min-w-0">
      <h3 className="flex flex-wrap items-center gap-2 font-medium wrap-anywhere text-ink">
        {budget.id}
        {budget.on_reach === 'block' ? <Badge tone="accent">Blocks</Badge> : <Badge>Warns</Badge>}
      </h3>
      <p className="mt-1 wrap-anywhere text-ink-soft">
        {scopeText(budget.scope, keys)} · {amountText(budget)}
      </p>
      {budget.counts_from !== null && (
        <p className="mt-1 text-xs text-ink-faint">
          Counts from <Instant at={budget.counts_from} />.
        </p>
      )}
    </div>
  )
}

function useKeyNames(tenant: string, areNeeded: boolean): KeyNames {
  const keys = useQuery({ ...apiKeysQuery(tenant), enabled: areNeeded })
  return new Map(keys.data?.map(({ id, label }) => [id, label]))
}
