// Shows how to send the first event; replaced by the figures once it arrives.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Radio } from 'lucide-react'

import { Button } from '@/components/button'
import { Card } from '@/components/card'
import { EmptyState } from '@/components/empty-state'
import { Notice } from '@/components/notice'
import { Spinner } from '@/components/spinner'
import { AgentSnippets, NO_KEY } from '@/features/people/agent-snippets'
import { call } from '@/lib/api/client'
import { apiKeysQuery, tenantPath } from '@/lib/api/queries'
import type { NewApiKey } from '@/lib/api/types'
import { mayManage, type TenantContext } from '@/lib/tenant'

export function FirstEvent({ tenant }: { tenant: TenantContext }) {
  const key = useFirstKey(tenant.id)
  const secret = key.data?.secret
  return (
    <Card>
      <EmptyState
        icon={Radio}
        title="Send your first event"
        description="No usage this period yet. An event reports one thing an agent did, such as a model call."
      >
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          {mayManage(tenant.role) ? (
            <KeyStep secret={secret} error={key.error} busy={key.isPending} onCreate={() => key.mutate()} />
          ) : (
            <p className="text-ink-soft">
              You need an API key that can record usage. Ask an owner or admin of {tenant.name} for one and
              replace <code className="font-mono">{NO_KEY}</code> with it.
            </p>
          )}
          <AgentSnippets apiKey={secret ?? NO_KEY} />
          <p className="flex items-center gap-2 text-ink-faint">
            <Spinner />
            Waiting for the first event. It appears here automatically.
          </p>
        </div>
      </EmptyState>
    </Card>
  )
}

function useFirstKey(tenant: string) {
  const queries = useQueryClient()
  const body = { label: 'First event', scopes: ['usage:write'], expires_in_days: null }
  return useMutation({
    mutationFn: () => call<NewApiKey>(`${tenantPath(tenant)}/api-keys`, { method: 'POST', body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: apiKeysQuery(tenant).queryKey }),
  })
}

type KeyStepProps = { secret: string | undefined; error: Error | null; busy: boolean; onCreate: () => void }

function KeyStep({ secret, error, busy, onCreate }: KeyStepProps) {
  if (secret !== undefined) {
    return (
      <Notice tone="ok" title="Your key is in the code below">
        Store it now. You cannot see it again, but you can create another in settings.
      </Notice>
    )
  }
  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <p className="min-w-0 flex-1 basis-60 text-ink-soft">
        Your agents need a key to record usage. This key can only record.
      </p>
      <Button variant="primary" icon={KeyRound} loading={busy} onClick={onCreate}>
        {' '}
        Create key{' '}
      </Button>
      {error && (
        <p role="alert" className="basis-full text-danger-text">
          Could not create the key: {error.message}
        </p>
      )}
    </div>
  )
}
