import { RelativeTime } from '@/components/instant'
import { formatUsd, formatUsdExact } from '@/lib/format'
import type { Overview } from '@/lib/api/types'

import { BoundedUsd } from '../bounded-usd'
import { Figure, FigureList } from '../figure-card'
import { costBound, marginBound, marginMeaning, missingFrom, monthName, revenueBound } from '../margin'

export function MoneyFigures({ overview }: { overview: Overview | undefined }) {
  const money = overview?.money
  return (
    <FigureList
      title={money ? `Money in ${monthName(money.month)}` : 'Money this month'}
      asOf={
        money && (
          <>
            As of <RelativeTime at={money.computed_at} />, in UTC
          </>
        )
      }
    >
      <Figure
        label="MRR"
        value={money && <BoundedUsd usd={money.mrr_usd} />}
        meaning="The monthly prices of all tenants, a yearly one divided by 12. Before discounts and taxes."
        link={{ to: '/operator/tenants', text: 'See tenants' }}
      />
      <Figure
        label="Revenue"
        value={money && <BoundedUsd usd={money.revenue_usd} bound={revenueBound(money)} />}
        meaning={
          money && Number(money.unpaid_usd) > 0 ? (
            <>
              Paid invoices of the month, without tax.{' '}
              <span title={formatUsdExact(money.unpaid_usd)}>{formatUsd(money.unpaid_usd)}</span> is unpaid.
            </>
          ) : (
            'Paid invoices of the month, without tax, refunds and credits.'
          )
        }
        link={{ to: '/operator/tenants?past_due=true', text: 'See past due tenants' }}
      />
      <Figure
        label="Provider cost"
        value={money && <BoundedUsd usd={money.provider_cost_usd} bound={costBound(money)} />}
        meaning="What model providers charge for the usage of the month."
        link={{ to: '/operator/prices', text: 'See prices' }}
      />
      <Figure
        label="Margin"
        value={money && <BoundedUsd usd={money.margin_usd} bound={marginBound(money)} />}
        meaning={money ? <MarginMeaning money={money} /> : 'Revenue minus provider cost.'}
        link={{ to: '/operator/margins', text: 'See margins' }}
        tone={money?.margin_usd.startsWith('-') ? 'danger' : 'neutral'}
      />
    </FigureList>
  )
}

function MarginMeaning({ money }: { money: NonNullable<Overview['money']> }) {
  const missing = missingFrom(money)
  return (
    <>
      {marginMeaning(money)}
      {missing !== null && <span className="mt-1 block text-warn-text">Incomplete. {missing}</span>}
    </>
  )
}
