import { ArrowDown, ArrowUp, Pencil, Trash2 } from 'lucide-react'

import { Badge } from '@/components/badge'
import { IconButton } from '@/components/button'
import { DataTable, type Column } from '@/components/data-table'
import type { PlanTable } from '@/lib/api/types'
import { formatInteger, formatUsdExact } from '@/lib/format'

import { aliasesOf } from './plan-draft'

type PlansTableProps = {
  plans: PlanTable[] | undefined
  versions: Record<string, number>
  aliases: Record<string, string>
  onEdit: (plan: PlanTable) => void
  onMove: (plan: PlanTable, by: -1 | 1) => void
  onRemove: (plan: PlanTable) => void
}

export function PlansTable(props: PlansTableProps) {
  const { plans, versions, aliases } = props
  const name: Column<PlanTable> = {
    key: 'plan',
    header: 'Plan',
    cell: (plan) => <Name plan={plan} version={versions[plan.id]} aliases={aliasesOf(aliases, plan.id)} />,
  }
  const actions: Column<PlanTable> = {
    key: 'actions',
    header: 'Actions',
    headerHidden: true,
    align: 'end',
    cell: (plan) => <Actions plan={plan} table={props} />,
  }
  return (
    <DataTable
      caption="Plans"
      columns={[name, ...COLUMNS, actions]}
      rows={plans}
      rowKey={({ id }) => id}
      loadingRows={4}
    />
  )
}

type NameProps = { plan: PlanTable; version: number | undefined; aliases: string[] }

function Name({ plan, version, aliases }: NameProps) {
  return (
    <>
      <span className="block wrap-anywhere">
        {plan.name} {plan.visible === false && <Badge>Hidden</Badge>}
      </span>
      <span className="block text-xs font-normal wrap-anywhere text-ink-faint">
        {[plan.id, ...aliases].join(', ')} ·{' '}
        {version === undefined ? 'new' : `version ${formatInteger(version)}`}
      </span>
    </>
  )
}

function Actions({ plan, table }: { plan: PlanTable; table: PlansTableProps }) {
  const at = table.plans?.indexOf(plan) ?? 0
  return (
    <span className="inline-flex flex-wrap justify-end">
      <IconButton
        aria-label={`Move ${plan.name} up`}
        icon={ArrowUp}
        size="sm"
        disabled={at === 0}
        onClick={() => table.onMove(plan, -1)}
      />
      <IconButton
        aria-label={`Move ${plan.name} down`}
        icon={ArrowDown}
        size="sm"
        disabled={at + 1 === table.plans?.length}
        onClick={() => table.onMove(plan, 1)}
      />
      <IconButton
        aria-label={`Edit ${plan.name}`}
        icon={Pencil}
        size="sm"
        onClick={() => table.onEdit(plan)}
      />
      <IconButton
        aria-label={`Remove ${plan.name}`}
        icon={Trash2}
        size="sm"
        onClick={() => table.onRemove(plan)}
      />
    </span>
  )
}

const limit = (value: number | null | undefined) => (value == null ? 'Unlimited' : formatInteger(value))
const usd = (value: string | null | undefined) => (value == null ? '–' : formatUsdExact(value))

const COLUMNS: readonly Column<PlanTable>[] = [
  { key: 'tokens', header: 'Tokens', align: 'end', hideBelow: 'sm', cell: ({ tokens }) => limit(tokens) },
  { key: 'runs', header: 'Runs', align: 'end', hideBelow: 'md', cell: ({ runs }) => limit(runs) },
  {
    key: 'cost',
    header: 'Provider cost',
    align: 'end',
    hideBelow: 'md',
    cell: ({ provider_cost_usd }) => (provider_cost_usd == null ? 'Unlimited' : usd(provider_cost_usd)),
  },
  { key: 'month', header: 'Monthly', align: 'end', cell: ({ prices }) => usd(prices?.month) },
  { key: 'year', header: 'Yearly', align: 'end', hideBelow: 'sm', cell: ({ prices }) => usd(prices?.year) },
]
