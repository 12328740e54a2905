import { Badge } from '@/components/badge'
import { Card } from '@/components/card'
import { Stat, StatList } from '@/components/stat'
import type { Statement } from '@/lib/api/types'
import { costOf, exactCostInWords, leftOutOf } from '@/lib/cost'
import { formatInteger } from '@/lib/format'

import { invoicedText } from './invoiced'

export function TotalsCard({ statement }: { statement: Statement }) {
  const { usage, invoices, invoiced, is_over } = statement
  return (
    <Card
      title="Totals"
      actions={!is_over && <Badge tone="info">Month not over</Badge>}
      footer="Provider cost is what your model providers charge at list prices. Your plan is invoiced separately."
    >
      <dl className="grid gap-x-8 gap-y-4 border-b border-line pb-4 sm:grid-cols-2">
        <Money label="Provider cost" amount={exactCostInWords(costOf(usage))}>
          {usage.cost_status !== 'complete' && `Leaves out ${leftOutOf(usage)}.`}
        </Money>
        <Money label="Invoiced for the plan" amount={invoicedText(invoiced)}>
          {invoices.length === 1 ? '1 invoice' : `${formatInteger(invoices.length)} invoices`}
        </Money>
      </dl>
      <div className="mt-4">
        <StatList>
          <Stat label="Runs" value={formatInteger(usage.runs)} />
          <Stat label="LLM calls" value={formatInteger(usage.calls)} />
          <Stat label="Tool calls" value={formatInteger(usage.tool_calls)} />
          <Stat label="Tokens in" value={formatInteger(usage.tokens.input)} />
          <Stat label="Tokens out" value={formatInteger(usage.tokens.output)} />
        </StatList>
      </div>
      {!is_over && <p className="mt-4 text-xs text-ink-faint">These sums grow until the month is over.</p>}
    </Card>
  )
}

function Money({ label, amount, children }: { label: string; amount: string; children: React.ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs font-medium text-ink-faint">{label}</dt>
      <dd className="mt-0.5 text-figure wrap-anywhere text-ink">{amount}</dd>
      <dd className="text-xs text-ink-faint">{children}</dd>
    </div>
  )
}
