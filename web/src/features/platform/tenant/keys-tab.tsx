import { useQuery } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useOutletContext } from 'react-router'

import { Card } from '@/components/card'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { Page } from '@/components/page'
import { KeysTable } from '@/features/people/keys-table'
import { apiKeysQuery } from '@/lib/api/queries'
import type { PlatformTenant } from '@/lib/api/types'

export function KeysTab() {
  const { id } = useOutletContext<PlatformTenant>()
  const keys = useQuery(apiKeysQuery(id))
  return (
    <Page title="API keys" description="By prefix. The keys themselves are not stored.">
      <Card flush>
        {keys.error ? (
          <ErrorState title="Could not load API keys" query={keys} />
        ) : (
          <KeysTable
            keys={keys.data}
            empty={
              <EmptyState icon={KeyRound} title="No keys" description="This tenant has never had a key." />
            }
          />
        )}
      </Card>
    </Page>
  )
}
