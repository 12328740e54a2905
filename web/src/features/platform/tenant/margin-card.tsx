import { useQuery } from '@tanstack/react-query'

import { Card } from '@/components/card'
import { DataTable, type Column } from '@/components/data-table'
import { ErrorState } from '@/components/error-state'
import type { MonthMargin } from '@/lib/api/types'

import { monthName } from '../margin'
import { MissingNote, SUM_COLUMNS } from '../margin-columns'
import { tenantMarginsQuery } from '../queries'

export function MarginCard({ tenant }: { tenant: string }) {
  const months = useQuery(tenantMarginsQuery(tenant))
  return (
    <Card title="Margin by month" description="Invoices minus provider cost, for months in UTC." flush>
      {months.error ? (
        <ErrorState title="Could not load margins" query={months} />
      ) : (
        <DataTable
          caption="Margin by month"
          columns={COLUMNS}
          rows={months.data}
          rowKey={({ month }) => month}
          loadingRows={3}
          empty={<p className="px-4 pb-5 text-ink-soft sm:px-5">No months yet.</p>}
        />
      )}
    </Card>
  )
}

const COLUMNS: readonly Column<MonthMargin>[] = [
  {
    key: 'month',
    header: 'Month',
    cell: (row) => (
      <>
        {monthName(row.month)}
        <MissingNote sums={row} />
      </>
    ),
  },
  ...SUM_COLUMNS,
]
