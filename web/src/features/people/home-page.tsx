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

export function HomePage() {
  const me = useQuery(meQuery())
  if (me.data) return <Navigate to={homeOf(me.data, lastTenant())} replace />
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
export function homeOf({ tenants, is_operator }: Me, last: string | null): string {
  const usable = tenants.filter(({ suspended }) => !suspended)
  const home = usable.find(({ id }) => id === last) ?? usable[0] ?? tenants[0]
  if (home) return `/t/${encodeURIComponent(home.id)}`
  return is_operator ? '/operator' : '/new'
}
