import { useQuery } from '@tanstack/react-query'

import { ErrorState } from '@/components/error-state'
import { Instant, RelativeTime } from '@/components/instant'
import { Notice } from '@/components/notice'
import { Page } from '@/components/page'
import type { Overview } from '@/lib/api/types'

import { overviewQuery } from '../queries'
import { HealthFigures } from './health-figures'
import { ModelsCard } from './models-card'
import { MoneyFigures } from './money-figures'
import { TenantFigures } from './tenant-figures'

export function OverviewPage() {
  const query = useQuery(overviewQuery())
  const { data, error } = query
  return (
    <Page title="Overview" description={data ? <AsOf overview={data} /> : 'The state of the platform.'}>
      {error && !data ? (
        <ErrorState title="Could not load the overview" query={query} />
      ) : (
        <>
          {error && (
            <Notice tone="warn" title="Could not update the overview">
              Figures may be out of date. {error.message}
            </Notice>
          )}
          <MoneyFigures overview={data} />
          <TenantFigures overview={data} />
          <HealthFigures overview={data} />
          <ModelsCard models={data?.models} />
        </>
      )}
    </Page>
  )
}

function AsOf({ overview: { computed_at, last_tick_at } }: { overview: Overview }) {
  return (
    <>
      {computed_at === null ? (
        'The first tick computes the figures. Nothing was computed yet.'
      ) : (
        <>
          Computed <RelativeTime at={computed_at} />, at <Instant at={computed_at} />.
        </>
      )}{' '}
      {last_tick_at !== null && (
        <>
          Last tick <RelativeTime at={last_tick_at} />.
        </>
      )}
    </>
  )
}
