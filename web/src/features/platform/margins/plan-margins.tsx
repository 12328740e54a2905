import { DataTable, type Column } from '@/components/data-table'
import { formatInteger } from '@/lib/format'
import type { PlanMargin } from '@/lib/api/types'

import { MissingNote, SUM_COLUMNS } from '../margin-columns'

export function PlanMargins({ plans }: { plans: PlanMargin[] | undefined }) {
  return (
    <DataTable
      caption="Margin by plan"
      columns={COLUMNS}
      rows={plans}
      rowKey={({ plan }) => plan}
      loadingRows={3}
      empty={<p className="px-4 pb-5 text-ink-soft sm:px-5">No plan has figures for this month.</p>}
    />
  )
}

const COLUMNS: readonly Column<PlanMargin>[] = [
  {
    key: 'plan',
    header: 'Plan',
    cell: (row) => (
      <>
        {row.plan}
        <MissingNote sums={row} />
      </>
    ),
  },
  { key: 'tenants', header: 'Tenants', align: 'end', cell: ({ tenants }) => formatInteger(tenants) },
  ...SUM_COLUMNS,
]
