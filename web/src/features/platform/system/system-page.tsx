import { useInfiniteQuery, useQuery } from '@tanstack/react-query'

import { ErrorState } from '@/components/error-state'
import { Notice } from '@/components/notice'
import { Page } from '@/components/page'

import { AuditCard } from '@/features/people/audit-card'
import { platformAuditQuery, systemQuery } from '../queries'
import { ConfigurationCard } from './configuration-card'
import { DeadLettersCard } from './dead-letters-card'
import { NoticesCard } from './notices-card'
import { StripeFailuresCard } from './stripe-failures-card'
import { TicksCard } from './ticks-card'
import { useScrollToHash } from './use-scroll-to-hash'

export function SystemPage() {
  const system = useQuery(systemQuery())
  const audit = useInfiniteQuery(platformAuditQuery())
  const { data, error } = system
  useScrollToHash(data !== undefined)
  return (
    <Page title="System" description="What ran, what failed, and how the platform is configured.">
      {error && !data ? (
        <ErrorState title="Could not load the system’s state" query={system} />
      ) : (
        <>
          {error && (
            <Notice tone="warn" title="Could not update the system’s state">
              It may be out of date. {error.message}
            </Notice>
          )}
          <StripeFailuresCard failures={data?.stripe_failures} />
          <DeadLettersCard letters={data?.dead_letters} />
          <NoticesCard notices={data?.notices} />
          <TicksCard ticks={data?.ticks} />
          <ConfigurationCard settings={data?.configuration} />
          <AuditCard title="Changes to the platform" query={audit} />
        </>
      )}
    </Page>
  )
}
