import { formatInteger } from '@/lib/format'
import type { Overview } from '@/lib/api/types'

import { Figure, FigureList } from '../figure-card'

type Counts = NonNullable<Overview['tenants']>
type Kind = {
  count: keyof Counts
  label: string
  meaning: string
  to: string
  text: string
  tone?: 'warn' | 'danger'
}

const LIST = '/operator/tenants'
const KINDS: readonly Kind[] = [
  {
    count: 'total',
    label: 'Tenants',
    meaning: 'All tenants, also suspended and ended ones.',
    to: LIST,
    text: 'See all',
  },
  {
    ...{ count: 'paying', label: 'Paying', meaning: 'Have a monthly price: neither free nor in a trial.' },
    ...{ to: `${LIST}?sort=usage`, text: 'See by usage' },
  },
  {
    ...{
      count: 'past_due',
      label: 'Past due',
      meaning: 'The last payment failed. They keep the plan for some days.',
    },
    ...{ to: `${LIST}?past_due=true`, text: 'See past due', tone: 'warn' },
  },
  {
    ...{ count: 'over_80', label: 'Over 80%', meaning: 'Used at least 80% of a limit.' },
    ...{ to: `${LIST}?over_80=true&sort=usage`, text: 'See over 80%', tone: 'warn' },
  },
  {
    ...{
      count: 'over_limit',
      label: 'Over a limit',
      meaning: 'Used all of a limit. Their checks are denied.',
    },
    ...{ to: `${LIST}?over_80=true&sort=usage`, text: 'See highest usage', tone: 'danger' },
  },
  {
    ...{ count: 'suspended', label: 'Suspended', meaning: 'Neither record nor read usage.' },
    ...{ to: `${LIST}?status=suspended`, text: 'See suspended' },
  },
  {
    ...{ count: 'ended', label: 'Ended', meaning: 'Have no subscription and no keys any more.' },
    ...{ to: `${LIST}?status=ended`, text: 'See ended' },
  },
  {
    ...{ count: 'second_subscriptions', label: 'Second subscriptions' },
    ...{ meaning: 'Pay twice. Cancel one subscription in Stripe.' },
    ...{ to: '/operator/system#notices', text: 'See notices', tone: 'danger' },
  },
]

export function TenantFigures({ overview }: { overview: Overview | undefined }) {
  const counts = overview?.tenants
  return (
    <FigureList title="Tenants">
      {KINDS.map(({ count, label, meaning, to, text, tone }) => (
        <Figure
          key={count}
          label={label}
          value={counts && formatInteger(counts[count])}
          meaning={meaning}
          link={{ to, text }}
          tone={tone !== undefined && counts && counts[count] > 0 ? tone : 'neutral'}
        />
      ))}
    </FigureList>
  )
}
