// Redirects to the last tenant, then the first one that is not suspended; without one, operators to their console
// and everybody else to the page that creates one.
import { useQuery } from '@tanstack/react-query'
import { Navigate } from 'react-router'

import { ErrorState } from '@/components/error-state'
import { FullPage } from '@/components/full-page'
import { Spinner } from '@/components/spinner'
import { meQuery } from '@/lib/api/queries'
import type { Me } from '@/lib/api/types'
import { lastTenant } from '@/lib/last-tenant'

/** Leads from an address without a tenant, as mails and documents name it, to that tenant's plans. */
export const UpgradeHomePage = () => <HomePage page="/upgrade" />

export function HomePage({ page = '' }: { page?: string }) {
  const me = useQuery(meQuery())
  if (me.data) return <Navigate to={homeOf(me.data, lastTenant(), page)} replace />
  return (
    <FullPage>
      <title>GWI Usage</title>
      {me.error ? (
        <ErrorState level={1} title="Could not load your account" query={me} />
      ) : (
        <Spinner label="Loading your tenants" />
      )}
    </FullPage>
  )
}

/** Without a tenant, the page that creates one also shows invitations. */
export function homeOf({ tenants, is_operator }: Me, last: string | null, page = ''): string {
  const usable = tenants.filter(({ suspended }) => !suspended)
  const home = usable.find(({ id }) => id === last) ?? usable[0] ?? tenants[0]
  if (home) return `/t/${encodeURIComponent(home.id)}${page}`
  return is_operator ? '/operator' : '/new'
}
