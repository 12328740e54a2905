// What is used of one budget: a bar, or one for each value of its scope.
import { useState } from 'react'

import { Button } from '@/components/button'
import { Instant } from '@/components/instant'
import { Meter, type Level } from '@/components/meter'
import type { Budget, BudgetUse } from '@/lib/api/types'
import { formatInteger } from '@/lib/format'

import { heldPercent, heldText, isEach, scopeText, usedExactly, usedText, type KeyNames } from './budget-text'

type BudgetBarsProps = { budget: Budget; keys: KeyNames }

const SHOWN_FIRST = 5

export function BudgetBars({ budget, keys }: BudgetBarsProps) {
  const [areAllShown, setAllShown] = useState(false)
  const { uses } = budget
  if (budget.window === 'run') return <Note text="Each run has this amount for itself." />
  if (uses.length === 0) return <Note text="Nothing used in the current window." />
  const shown = areAllShown ? uses : uses.slice(0, SHOWN_FIRST)
  const resetsAt = uses[0]?.resets_at ?? null
  return (
    <div className="grid gap-4">
      {shown.map((use, index) => (
        <Bar key={use.value ?? `other-${index}`} budget={budget} use={use} keys={keys} />
      ))}
      {uses.length > SHOWN_FIRST && (
        <Button
          variant="ghost"
          size="sm"
          aria-pressed={areAllShown}
          onClick={() => setAllShown(!areAllShown)}
          className="justify-self-start"
        >
          {areAllShown ? 'Hide' : 'Show'} {formatInteger(uses.length - SHOWN_FIRST)} more
        </Button>
      )}
      <p className="text-xs text-ink-faint">
        {resetsAt === null ? (
          'Never resets.'
        ) : (
          <>
            Resets at <Instant at={resetsAt} />.
          </>
        )}
      </p>
    </div>
  )
}

function Note({ text }: { text: string }) {
  return <p className="text-xs text-ink-faint">{text}</p>
}

type BarProps = BudgetBarsProps & { use: BudgetUse }

function Bar({ budget, use, keys }: BarProps) {
  const held = heldPercent(use)
  return (
    <div className="min-w-0">
      <Meter
        label={labelOf(budget, use, keys)}
        level={levelOf(budget, use)}
        percent={use.percent}
        heldPercent={held}
        softPercent={budget.thresholds[0] ?? null}
        detail={<span title={usedExactly(use)}>{usedText(use)}</span>}
        valueText={held > 0 ? `${usedExactly(use)}, ${heldText(use)}` : usedExactly(use)}
      />
      {held > 0 && (
        <p className="mt-1.5 text-xs text-ink-soft tabular-nums">
          {heldText(use)}. Runs in progress hold it.
        </p>
      )}
      {use.unit === 'cost' && !use.is_complete && (
        <p className="mt-1.5 text-xs text-warn-text">
          Some calls have no complete price, so at least this much is used.{' '}
          {budget.on_unknown_price === 'block' ? 'Checks are denied.' : 'The budget counts what is known.'}
        </p>
      )}
    </div>
  )
}

function labelOf({ scope }: Budget, { value }: BudgetUse, keys: KeyNames): string {
  if (!isEach(scope)) return scopeText(scope, keys)
  if (value === null) return 'Other values'
  return 'api_key' in scope ? (keys.get(value) ?? value) : value
}

/** The API cuts the percentage, so it is 100 only where the amount is reached. */
function levelOf({ on_reach, thresholds }: Budget, { percent }: BudgetUse): Level {
  if (percent >= 100) return on_reach === 'block' ? 'hard' : 'soft'
  return percent >= (thresholds[0] ?? 100) ? 'soft' : 'within'
}
