import { useState, type SubmitEvent } from 'react'

import { Button } from '@/components/button'
import { Dialog } from '@/components/dialog'
import { Notice } from '@/components/notice'
import { useSettingsMutation } from '@/components/use-settings-mutation'
import { call } from '@/lib/api/client'
import { budgetPath, budgetsQuery } from '@/lib/api/queries'
import type { Budget, WantedBudget } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { BudgetFields } from './budget-fields'
import { isGeneral, refusalOf, typosIn, wantedBy, type BudgetForm, type Typos } from './budget-form'

type BudgetDialogProps = {
  /** Null for a new one. */
  budget: Budget | null
  /** The ids that a new budget cannot have. */
  taken: readonly string[]
  onClose: () => void
}
type Order = { id: string; wanted: WantedBudget }

const FORM = 'budget'

export function BudgetDialog({ budget, taken, onClose }: BudgetDialogProps) {
  const { id: tenant } = useTenant()
  const [typos, setTypos] = useState<Typos>({})
  const change = useSettingsMutation<Order>({
    change: ({ id, wanted }) => call(budgetPath(tenant, id), { method: 'PUT', body: wanted }),
    outdated: [budgetsQuery(tenant).queryKey],
    done: ({ id }) => (budget ? `Budget “${id}” saved` : `Budget “${id}” added`),
    onDone: onClose,
  })
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const entries = [...new FormData(event.currentTarget)].map(([name, text]) => [
      name,
      typeof text === 'string' && text.trim(),
    ])
    const form = Object.fromEntries(entries) as BudgetForm
    const found = typosIn(form, taken)
    setTypos(found)
    change.reset()
    if (Object.keys(found).length > 0) return
    const wanted = wantedBy(form)
    change.mutate({
      id: budget?.id ?? form.id ?? '',
      wanted: budget ? { ...wanted, version: budget.version } : wanted,
    })
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={budget ? `Change the budget “${budget.id}”` : 'Add a budget'}
      description="Windows are in UTC. Checks say no when a budget is reached; usage is always recorded."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={FORM} variant="primary" loading={change.isPending}>
            {budget ? 'Save' : 'Add budget'}
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={submit} noValidate className="flex flex-col gap-5">
        {change.error && isGeneral(change.error) && (
          <Notice tone="danger" title="Could not save the budget">
            {change.error.message}
          </Notice>
        )}
        {/* A newer version of the budget replaces what was typed. */}
        <BudgetFields
          key={budget?.version}
          budget={budget}
          problem={(field) => typos[field] ?? refusalOf(change.error, field)}
        />
      </form>
    </Dialog>
  )
}
