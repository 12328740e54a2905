import { useQuery } from '@tanstack/react-query'

import { LinkButton } from '@/components/button'
import { Card } from '@/components/card'
import { DownloadButton } from '@/components/download-button'
import { ErrorState } from '@/components/error-state'
import { Outdated } from '@/components/outdated'
import { Page } from '@/components/page'
import { Select } from '@/components/select'

import { monthName } from '../margin'
import { marginsQuery, platformPlansQuery } from '../queries'
import { useFilters } from '../use-filters'
import { PlanMargins } from './plan-margins'
import { TenantMargins } from './tenant-margins'
import { TotalFigures } from './total-figures'

const FILTERS = ['month', 'plan', 'sort'] as const
const MONTHS_SHOWN = 12
const SORTS = [
  { value: '', label: 'Lowest margin first' },
  { value: 'revenue', label: 'Highest revenue' },
  { value: 'cost', label: 'Highest provider cost' },
  { value: 'name', label: 'Name' },
]

export function MarginsPage() {
  const { values, query, change } = useFilters(FILTERS)
  const margins = useQuery(marginsQuery(query))
  const plans = useQuery(platformPlansQuery())
  const month = values.month ?? monthsUntil(new Date())[0] ?? ''
  return (
    <Page
      title="Margins"
      description="Invoices minus what model providers charge, for months in UTC."
      actions={<DownloadButton path="/platform/margins" query={{ ...values }} />}
    >
      <div className="flex flex-wrap items-center gap-3">
        <Select
          aria-label="Month"
          options={monthOptions(month)}
          value={month}
          onChange={({ target }) => change({ month: target.value })}
        />
        <Select
          aria-label="Plan"
          options={[
            { value: '', label: 'Any plan' },
            ...(plans.data?.plans.map(({ id, name }) => ({ value: id, label: name })) ?? []),
          ]}
          value={values.plan ?? ''}
          onChange={({ target }) => change({ plan: target.value })}
        />
        <Select
          aria-label="Sort by"
          options={SORTS}
          value={values.sort ?? ''}
          onChange={({ target }) => change({ sort: target.value })}
        />
      </div>
      {margins.error ? (
        <ErrorState
          title="Could not load margins"
          query={margins}
          action={<LinkButton to="/operator/margins">Clear filters</LinkButton>}
        />
      ) : (
        <Outdated when={margins.isPlaceholderData}>
          <div className="grid gap-5">
            <TotalFigures margins={margins.data} />
            <Card title="By plan" flush>
              <PlanMargins plans={margins.data?.plans} />
            </Card>
            <Card title="By tenant" flush>
              <TenantMargins page={margins.data} />
            </Card>
          </div>
        </Outdated>
      )}
    </Page>
  )
}

/** This month and those before it, as "2026-11". */
function monthsUntil(now: Date): string[] {
  return Array.from({ length: MONTHS_SHOWN }, (_, ago) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago)).toISOString().slice(0, 7),
  )
}

/** A month of the address that is older than those offered stays chosen. */
function monthOptions(chosen: string) {
  const months = monthsUntil(new Date())
  const shown =
    months.includes(chosen) || !/^\d{4}-(0[1-9]|1[0-2])$/.test(chosen) ? months : [...months, chosen]
  return shown.map((month) => ({ value: month, label: monthName(month) }))
}
