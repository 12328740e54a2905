import { useQuery } from '@tanstack/react-query'

import { Card } from '@/components/card'
import { ErrorState } from '@/components/error-state'
import { Skeleton } from '@/components/skeleton'
import { BudgetList } from '@/features/limits/budget-list'
import { budgetsQuery } from '@/lib/api/queries'
import type { Budgets } from '@/lib/api/types'

export function BudgetsCard({ tenant }: { tenant: string }) {
  const read = useQuery(budgetsQuery(tenant))
  return (
    <Card title="Budgets" description={read.data && POLICIES[read.data.on_unreadable]} flush>
      {read.error ? (
        <ErrorState title="Could not load budgets" query={read} />
      ) : !read.data ? (
        <Skeleton className="mx-4 mb-4 h-12 sm:mx-5" />
      ) : read.data.budgets.length === 0 ? (
        <p className="px-4 pb-5 text-ink-soft sm:px-5">No budgets.</p>
      ) : (
        <BudgetList tenant={tenant} budgets={read.data.budgets} />
      )}
    </Card>
  )
}

const POLICIES: Record<Budgets['on_unreadable'], string> = {
  open: 'Checks are allowed while usage cannot be read.',
  closed: 'Checks are denied while usage cannot be read.',
}
