import { Card } from '@/components/card'
import type { Column } from '@/components/data-table'
import { WholeTable } from '@/components/whole-table'
import type { Statement, StatementMonth } from '@/lib/api/types'
import { formatInteger } from '@/lib/format'

import { ExactCost, mostDecimals } from './exact-cost'
import { invoicedText } from './invoiced'
import { monthName } from './month'

export function MonthsCard({ statement: { months } }: { statement: Statement }) {
  return (
    <Card title="Last twelve months" flush>
      <WholeTable
        caption="Last twelve months"
        columns={columns(mostDecimals(months))}
        rows={months}
        rowKey={({ month }) => month}
        // In its own place: an operator reads it in the console.
        href={({ month }) => `?month=${month}`}
      />
    </Card>
  )
}

const columns = (decimals: number): Column<StatementMonth>[] => [
  { key: 'month', header: 'Month', cell: ({ month }) => monthName(month) },
  {
    key: 'calls',
    header: 'LLM calls',
    align: 'end',
    hideBelow: 'sm',
    cell: ({ calls }) => formatInteger(calls),
  },
  {
    key: 'tokens',
    header: 'Tokens',
    align: 'end',
    hideBelow: 'sm',
    cell: ({ tokens }) => formatInteger(tokens.total),
  },
  {
    key: 'cost',
    header: 'Provider cost',
    align: 'end',
    cell: (month) => <ExactCost of={month} decimals={decimals} />,
  },
  {
    key: 'invoiced',
    header: 'Invoiced',
    align: 'end',
    cell: ({ invoiced }) => invoicedText(invoiced),
  },
]
