import { Card } from '@/components/card'
import { Stat, StatList } from '@/components/stat'
import type { Aggregate } from '@/lib/api/types'
import {
  formatCompact,
  formatDuration,
  formatInteger,
  formatPercent,
  formatUsd,
  formatUsdExact,
} from '@/lib/format'

export function SummaryCard({ aggregate }: { aggregate: Aggregate }) {
  const {
    total_tokens: tokens,
    total_errors: errors,
    total_llm_calls: calls,
    unpriced_calls: unpriced,
  } = aggregate
  return (
    <Card title="Totals">
      <StatList>
        <Count label="Runs" value={aggregate.total_runs} />
        <Count
          label="LLM calls"
          value={calls}
          hint={
            calls > 0 &&
            aggregate.total_latency_ms > 0 &&
            `${formatDuration(aggregate.total_latency_ms / calls)} average`
          }
        />
        <Count
          label="Tokens in"
          value={tokens.input}
          hint={
            tokens.cache_read > 0 && `${formatPercent(shareIn(tokens.cache_read, tokens.input))} from cache`
          }
        />
        <Count
          label="Tokens out"
          value={tokens.output}
          hint={tokens.reasoning > 0 && `${formatCompact(tokens.reasoning)} reasoning`}
        />
        <Count
          label="Cached tokens"
          value={tokens.cache_read}
          hint={tokens.cache_write > 0 && `${formatCompact(tokens.cache_write)} written`}
        />
        <Stat
          label="Cost"
          value={formatUsd(aggregate.total_cost_usd)}
          title={formatUsdExact(aggregate.total_cost_usd)}
        />
        {aggregate.total_tool_calls > 0 && <Count label="Tool calls" value={aggregate.total_tool_calls} />}
        <Count
          label="Errors"
          value={errors}
          hint={
            errors > 0 && `${formatPercent(shareIn(errors, calls + aggregate.total_tool_calls))} of all calls`
          }
        />
        {unpriced > 0 && <Count label="Unpriced calls" value={unpriced} hint="no price" />}
      </StatList>
      {unpriced > 0 && (
        <p className="mt-4 text-xs text-ink-faint">
          The price catalog has no price for these calls, and their events sent no cost. Their tokens count,
          but totals exclude their cost. Send <code className="font-mono">cost_usd_estimate</code> to include
          it.
        </p>
      )}
    </Card>
  )
}

type CountProps = { label: string; value: number; hint?: string | false }

function Count({ label, value, hint }: CountProps) {
  const shown = value < 1_000_000 ? formatInteger(value) : formatCompact(value)
  // The line of the hint is kept, so that a first error moves nothing.
  return (
    <Stat
      label={label}
      value={shown}
      title={formatInteger(value)}
      hint={hint === false || hint === undefined ? '\u00a0' : hint}
    />
  )
}

function shareIn(part: number, whole: number): number {
  return whole === 0 ? 0 : (part / whole) * 100
}
