import type { ReactNode } from 'react'

import { Card } from '@/components/card'
import { CostText } from '@/components/cost-text'
import { Stat, StatList } from '@/components/stat'
import { costliestPath } from '@/features/metering/run-address'
import type { Aggregate } from '@/lib/api/types'
import { costOf } from '@/lib/cost'
import { formatCompact, formatDuration, formatInteger, formatPercent } from '@/lib/format'

import { explainPath } from '@/features/metering/explain-address'
import { Change, ComparedWith } from './change'
import { ERRORS } from './explain-filters'
import type { ShownComparison } from './use-comparison'
import { ExplainLink } from '@/features/metering/explain-link'
import { LeftOutLink } from './left-out'

type SummaryCardProps = { aggregate: Aggregate; comparison: ShownComparison | undefined }

export function SummaryCard({ aggregate, comparison }: SummaryCardProps) {
  const { total_tokens: tokens, total_errors: errors, total_llm_calls: calls, cost_status } = aggregate
  const cost = costOf({ cost_usd: aggregate.total_cost_usd, cost_status })
  const events = explainPath(aggregate)
  const changeOf = (name: string) => <Change comparison={comparison} of={name} />
  return (
    <Card title="Totals">
      <StatList>
        <Count
          label="Runs"
          change={changeOf('runs')}
          to={costliestPath(aggregate.tenant_id, aggregate.period_start, aggregate.period_end)}
          value={aggregate.total_runs}
        />
        <Count
          label="LLM calls"
          change={changeOf('calls')}
          to={events}
          value={calls}
          hint={
            calls > 0 &&
            aggregate.total_latency_ms > 0 &&
            `${formatDuration(aggregate.total_latency_ms / calls)} average`
          }
        />
        <Count
          label="Tokens in"
          change={changeOf('input_tokens')}
          to={events}
          value={tokens.input}
          hint={
            tokens.cache_read > 0 && `${formatPercent(shareIn(tokens.cache_read, tokens.input))} from cache`
          }
        />
        <Count
          label="Tokens out"
          change={changeOf('output_tokens')}
          to={events}
          value={tokens.output}
          hint={tokens.reasoning > 0 && `${formatCompact(tokens.reasoning)} reasoning`}
        />
        <Count
          label="Cached tokens"
          change={changeOf('cache_read_tokens')}
          to={events}
          value={tokens.cache_read}
          hint={tokens.cache_write > 0 && `${formatCompact(tokens.cache_write)} written`}
        />
        <Stat
          label="Cost"
          change={changeOf('cost')}
          value={
            <ExplainLink to={events}>
              <CostText cost={cost} />
            </ExplainLink>
          }
        />
        {aggregate.total_tool_calls > 0 && (
          <Count
            label="Tool calls"
            change={changeOf('tool_calls')}
            to={events}
            value={aggregate.total_tool_calls}
          />
        )}
        <Count
          label="Errors"
          change={changeOf('errors')}
          to={explainPath(aggregate, ERRORS)}
          value={errors}
          hint={
            errors > 0 && `${formatPercent(shareIn(errors, calls + aggregate.total_tool_calls))} of all calls`
          }
        />
      </StatList>
      <ComparedWith comparison={comparison} />
      {cost_status !== 'complete' && (
        <p className="mt-4 text-xs text-ink-faint">
          The cost leaves out <LeftOutLink aggregate={aggregate} />. The price catalog does not cover them, or
          only in part. Send <code className="font-mono">cost_usd_estimate</code> to include their cost.
        </p>
      )}
    </Card>
  )
}

type CountProps = {
  label: string
  value: number
  to: string | undefined
  hint?: string | false
  change: ReactNode
}

function Count({ label, value, to, hint, change }: CountProps) {
  const shown = value < 1_000_000 ? formatInteger(value) : formatCompact(value)
  // The line of the hint is kept, so that a first error moves nothing.
  return (
    <Stat
      label={label}
      value={<ExplainLink to={to}>{shown}</ExplainLink>}
      title={formatInteger(value)}
      hint={hint === false || hint === undefined ? '\u00a0' : hint}
      change={change}
    />
  )
}

function shareIn(part: number, whole: number): number {
  return whole === 0 ? 0 : (part / whole) * 100
}
