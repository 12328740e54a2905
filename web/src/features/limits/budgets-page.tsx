import { useQuery } from '@tanstack/react-query'
import { PiggyBank, Plus } from 'lucide-react'
import { useState } from 'react'

import { Button } from '@/components/button'
import { Card } from '@/components/card'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Skeleton } from '@/components/skeleton'
import { budgetsQuery } from '@/lib/api/queries'
import type { Budget } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { BudgetDialog } from './budget-dialog'
import { BudgetList } from './budget-list'
import { RemoveBudgetDialog } from './remove-budget-dialog'
import { UnreadableChoice } from './unreadable-choice'

type Task = { name: 'add' } | { name: 'change' | 'remove'; budget: Budget }

const MAX_BUDGETS = 50

export function BudgetsPage() {
  const { id } = useTenant()
  const read = useQuery(budgetsQuery(id))
  const [task, setTask] = useState<Task | null>(null)
  const budgets = read.data?.budgets
  const isFull = (budgets?.length ?? 0) >= MAX_BUDGETS
  return (
    <>
      <title>Budgets · GWI Usage</title>
      <Card
        title="Budgets"
        description="How much the tenant, or one user, workflow, API key or tag, may use."
        actions={
          <Button
            variant="primary"
            size="sm"
            icon={Plus}
            disabled={!budgets || isFull}
            onClick={() => setTask({ name: 'add' })}
          >
            Add budget
          </Button>
        }
        {...(isFull && { footer: `A tenant can have ${MAX_BUDGETS} budgets. Remove one to add another.` })}
        flush
      >
        {read.error ? (
          <ErrorState title="Could not load budgets" query={read} />
        ) : (
          <Budgets budgets={budgets} onTask={setTask} />
        )}
      </Card>
      {read.data && (
        <Card
          title="When usage cannot be read"
          description="How checks are answered during an outage. They also say that they are not decided."
        >
          <UnreadableChoice policy={read.data.on_unreadable} />
        </Card>
      )}
      {task && <TaskDialog task={task} budgets={budgets ?? []} onClose={() => setTask(null)} />}
    </>
  )
}

type BudgetsProps = { budgets: Budget[] | undefined; onTask: (task: Task) => void }

function Budgets({ budgets, onTask }: BudgetsProps) {
  const { id } = useTenant()
  if (!budgets) return <Skeleton className="mx-4 mb-4 h-24 sm:mx-5" />
  if (budgets.length === 0) {
    return (
      <EmptyState
        icon={PiggyBank}
        title="No budgets"
        description="Cap what a user, workflow, API key or tag may use, or the whole tenant."
        action={
          <Button variant="primary" onClick={() => onTask({ name: 'add' })}>
            Add your first budget
          </Button>
        }
      />
    )
  }
  return (
    <BudgetList
      tenant={id}
      budgets={budgets}
      actions={(budget) => (
        <>
          <Button
            variant="ghost"
            size="sm"
            aria-label={`Change ${budget.id}`}
            onClick={() => onTask({ name: 'change', budget })}
          >
            Change
          </Button>
          <Button
            variant="ghost"
            size="sm"
            aria-label={`Remove ${budget.id}`}
            onClick={() => onTask({ name: 'remove', budget })}
          >
            Remove
          </Button>
        </>
      )}
    />
  )
}

type TaskDialogProps = { task: Task; budgets: readonly Budget[]; onClose: () => void }

/** After a refused change the dialog goes on with the budget as it is now. */
function TaskDialog({ task, budgets, onClose }: TaskDialogProps) {
  if (task.name === 'add') {
    return <BudgetDialog budget={null} taken={budgets.map(({ id }) => id)} onClose={onClose} />
  }
  const budget = budgets.find(({ id }) => id === task.budget.id) ?? task.budget
  if (task.name === 'remove') return <RemoveBudgetDialog budget={budget} onClose={onClose} />
  return <BudgetDialog budget={budget} taken={[]} onClose={onClose} />
}
