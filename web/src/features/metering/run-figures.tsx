import { Card } from '@/components/card'
import { CostText } from '@/components/cost-text'
import { Stat, StatList } from '@/components/stat'
import type { Run } from '@/lib/api/types'
import { costOf, leftOutOf } from '@/lib/cost'
import { formatCompact, formatDuration, formatInteger } from '@/lib/format'

export function RunFigures({ run }: { run: Run }) {
  const { tokens } = run
  return (
    <Card>
      <StatList>
        <Stat
          label="Cost"
          value={<CostText cost={costOf(run)} />}
          hint={run.cost_status === 'complete' ? undefined : <LeftOut run={run} />}
        />
        <Stat label="Duration" value={formatDuration(run.duration_ms)} />
        <Count label="Tokens in" count={tokens.input} hint={cached(tokens.cache_read)} />
        <Count label="Tokens out" count={tokens.output} hint={reasoned(tokens.reasoning)} />
        <Count label="LLM calls" count={run.calls} hint={withTools(run.tool_calls)} />
        <Count label="Errors" count={run.errors} />
      </StatList>
    </Card>
  )
}

function LeftOut({ run }: { run: Run }) {
  const calls = leftOutOf(run)
  return (
    <span title={`The cost leaves out ${calls}`} className="block text-wrap">
      {calls}
    </span>
  )
}

function Count({ label, count, hint }: { label: string; count: number; hint?: string | undefined }) {
  return <Stat label={label} value={formatCompact(count)} title={formatInteger(count)} hint={hint} />
}

function cached(tokens: number): string | undefined {
  return tokens > 0 ? `${formatCompact(tokens)} from cache` : undefined
}

function reasoned(tokens: number): string | undefined {
  return tokens > 0 ? `${formatCompact(tokens)} reasoning` : undefined
}

function withTools(calls: number): string | undefined {
  return calls > 0 ? `+ ${formatInteger(calls)} tool ${calls === 1 ? 'call' : 'calls'}` : undefined
}
