// What a run may use, and what it has used of it. A run that was not admitted has no budget.
import { Card } from '@/components/card'
import { Instant, RelativeTime } from '@/components/instant'
import { Notice } from '@/components/notice'
import { Stat, StatList } from '@/components/stat'
import type { Run } from '@/lib/api/types'
import { formatInteger, formatUsdExact, formatUsdFloor, nanoUsdOf } from '@/lib/format'

export function RunBudget({ run }: { run: Run }) {
  const { hold, over, error } = run
  return (
    <>
      {error !== null && (
        <Notice tone="danger" title="The run ended with an error">
          <span className="font-mono text-xs wrap-anywhere">{error}</span>
        </Notice>
      )}
      {over !== null && isOver(run) && (
        <Notice tone="warn" title="This run used more than it held">
          {overText(over)} over. What it used counts in full.
        </Notice>
      )}
      {hold !== null && (hold.usd !== null || hold.tokens !== null) && (
        <Card title="Budget of this run" description={<Expiry run={run} expires_at={hold.expires_at} />}>
          <StatList>
            {hold.usd !== null && (
              <>
                <Stat label="Held" value={formatUsdExact(hold.usd)} hint={ownHint(hold.own_usd)} />
                <Stat label="Left" value={<LeftUsd run={run} />} />
              </>
            )}
            {hold.tokens !== null && (
              <>
                <Stat
                  label="Tokens held"
                  value={formatInteger(hold.tokens)}
                  hint={ownTokens(hold.own_tokens)}
                />
                <Stat label="Tokens left" value={formatInteger(run.remaining_tokens ?? 0)} />
              </>
            )}
          </StatList>
        </Card>
      )}
    </>
  )
}

/** True if the run used anything beyond its hold. */
export function isOver({ over }: Run): boolean {
  return over !== null && (nanoUsdOf(over.usd) > 0n || over.tokens > 0)
}

/** What is left of a run's hold, in few characters: "$1.20", "400 tokens". */
export function leftText({ hold, remaining_usd, remaining_tokens }: Run): string | null {
  if (hold === null) return null
  const left = [
    remaining_usd !== null && formatUsdFloor(remaining_usd),
    remaining_tokens !== null && `${formatInteger(remaining_tokens)} tokens`,
  ].filter(Boolean)
  return left.length > 0 ? left.join(', ') : null
}

function overText(over: NonNullable<Run['over']>): string {
  const parts = [
    nanoUsdOf(over.usd) > 0n && formatUsdExact(over.usd),
    over.tokens > 0 && `${formatInteger(over.tokens)} tokens`,
  ]
  return parts.filter(Boolean).join(' and ')
}

/** A price that is not known leaves the rest unknown. */
function LeftUsd({ run: { remaining_usd } }: { run: Run }) {
  if (remaining_usd === null) {
    return <span title="Some calls have no complete price">Not known</span>
  }
  return <span title={formatUsdExact(remaining_usd)}>{formatUsdFloor(remaining_usd)}</span>
}

function ownHint(own_usd: string | null): string | undefined {
  return own_usd !== null && nanoUsdOf(own_usd) > 0n ? `${formatUsdExact(own_usd)} of its own` : undefined
}

function ownTokens(own_tokens: number | null): string | undefined {
  return own_tokens ? `${formatInteger(own_tokens)} of its own` : undefined
}

function Expiry({ run: { ended_at }, expires_at }: { run: Run; expires_at: string }) {
  if (ended_at !== null) {
    return (
      <>
        Released by its end, <Instant at={ended_at} />.
      </>
    )
  }
  return (
    <>
      Reserved until <Instant at={expires_at} />, <RelativeTime at={expires_at} />.
    </>
  )
}
