import { formatInteger, nanoUsdOf } from '@/lib/format'
import type { Margins } from '@/lib/api/types'

import { BoundedUsd } from '../bounded-usd'
import { Figure, FigureList } from '../figure-card'
import { costBound, marginBound, marginMeaning, missingFrom, monthName, revenueBound } from '../margin'

export function TotalFigures({ margins }: { margins: Margins | undefined }) {
  const total = margins?.total
  const missing = total && missingFrom(total)
  return (
    <FigureList title={margins ? `Total of ${monthName(margins.month)}` : 'Total'}>
      <Figure
        label="Revenue"
        value={total && <BoundedUsd usd={total.revenue_usd} bound={revenueBound(total)} />}
        meaning={
          total && nanoUsdOf(total.unpaid_usd) > 0n ? (
            <>
              Paid invoices, without tax. <BoundedUsd usd={total.unpaid_usd} /> is unpaid.
            </>
          ) : (
            'Paid invoices, without tax, refunds and credits.'
          )
        }
      />
      <Figure
        label="Provider cost"
        value={total && <BoundedUsd usd={total.provider_cost_usd} bound={costBound(total)} />}
        meaning="What model providers charge for the usage of the month."
      />
      <Figure
        label="Margin"
        value={total && <BoundedUsd usd={total.margin_usd} bound={marginBound(total)} />}
        meaning={
          <>
            {total ? marginMeaning(total) : 'Revenue minus provider cost.'}
            {missing && <span className="mt-1 block text-warn-text">Incomplete. {missing}</span>}
          </>
        }
      />
      <Figure
        label="Tenants"
        value={total && formatInteger(total.tenants)}
        meaning="Had invoices or usage in the month."
      />
    </FigureList>
  )
}
