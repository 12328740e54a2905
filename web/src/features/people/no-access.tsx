// Does not reveal if the tenant exists.
import { useQueryClient } from '@tanstack/react-query'
import { Lock } from 'lucide-react'
import { useEffect } from 'react'

import { Button, LinkButton } from '@/components/button'
import { EmptyState } from '@/components/empty-state'
import { FullPage } from '@/components/full-page'
import { meQuery } from '@/lib/api/queries'
import { signOut } from '@/lib/session/session'

export function NoAccess({ tenant }: { tenant: string }) {
  const queries = useQueryClient()
  useEffect(() => {
    // The user may have been a member until now.
    void queries.invalidateQueries(meQuery())
  }, [queries])
  return (
    <FullPage>
      <title>No access · GWI Usage</title>
      <EmptyState
        level={1}
        icon={Lock}
        title="You do not have access to this tenant"
        description={`“${tenant}” does not exist or you are not a member. Ask an owner for an invitation.`}
        action={
          <>
            <LinkButton to="/" variant="primary">
              Go to your tenants
            </LinkButton>
            <Button onClick={() => void signOut()}>Use a different account</Button>
          </>
        }
      />
    </FullPage>
  )
}
