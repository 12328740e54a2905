import { RelativeTime } from '@/components/instant'
import { formatDuration, formatInteger } from '@/lib/format'
import type { Overview } from '@/lib/api/types'

import { Figure, FigureList } from '../figure-card'

const SYSTEM = '/operator/system'
/** A fold is due at most every 15 minutes; a lag beyond that means that ticks are late. */
const LATE_FOLD_SECONDS = 15 * 60

export function HealthFigures({ overview }: { overview: Overview | undefined }) {
  return (
    <FigureList title="Health" columns={5}>
      <Figure
        label="Events a minute"
        value={overview && rate(overview.events_per_minute)}
        meaning="The sum of the tenants’ rates, each between its last two folds."
      />
      <Figure
        label="Fold lag"
        value={overview && lagText(overview.fold_lag_seconds)}
        meaning="How late the most overdue fold is. Lists and alerts are older by this much."
        link={{ to: `${SYSTEM}#ticks`, text: 'See ticks' }}
        tone={overview && overview.fold_lag_seconds > LATE_FOLD_SECONDS ? 'danger' : 'neutral'}
      />
      <Figure
        label="Stripe failures"
        value={overview && computed(overview, overview.stripe_failures)}
        meaning="Webhooks that could not be applied. Stripe sends them again."
        link={{ to: `${SYSTEM}#stripe-failures`, text: 'See failures' }}
        tone={overview && overview.stripe_failures > 0 ? 'danger' : 'neutral'}
      />
      <Figure
        label="Outbox backlog"
        value={overview && overview.outbox && formatInteger(overview.outbox.due)}
        meaning={<OutboxMeaning outbox={overview?.outbox ?? null} />}
        link={{ to: `${SYSTEM}#dead-letters`, text: 'See dead letters' }}
        tone={overview?.outbox && overview.outbox.due > 0 ? 'warn' : 'neutral'}
      />
      <Figure
        label="Dead letters"
        value={overview && computed(overview, overview.dead_letters)}
        meaning="Ticks, mails and webhooks that were given up."
        link={{ to: `${SYSTEM}#dead-letters`, text: 'See dead letters' }}
        tone={overview && overview.dead_letters > 0 ? 'danger' : 'neutral'}
      />
    </FigureList>
  )
}

function OutboxMeaning({ outbox }: { outbox: Overview['outbox'] }) {
  return (
    <>
      Mails and webhooks that are due.
      {outbox !== null && outbox.oldest_due_at !== null && (
        <>
          {' '}
          The oldest was due <RelativeTime at={outbox.oldest_due_at} />.
        </>
      )}
      {outbox !== null &&
        outbox.failed > 0 &&
        ` ${formatInteger(outbox.failed)} were given up in the last two months.`}
    </>
  )
}

/** The API counts nothing, and not null, before the first computation. */
function computed({ computed_at }: Overview, count: number): string | null {
  return computed_at === null ? null : formatInteger(count)
}

function lagText(seconds: number): string {
  return seconds === 0 ? 'None' : formatDuration(seconds * 1000)
}

function rate(perMinute: number | null): string | null {
  if (perMinute === null) return null
  return perMinute > 0 && perMinute < 10 ? perMinute.toFixed(1) : formatInteger(perMinute)
}
