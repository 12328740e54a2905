import { useId, useState } from 'react'

import { Badge } from '@/components/badge'
import { Button } from '@/components/button'
import { Instant } from '@/components/instant'
import { useToast } from '@/components/toast'
import { useSettingsMutation } from '@/components/use-settings-mutation'
import { call } from '@/lib/api/client'
import type { Endpoint } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { Deliveries } from './deliveries'
import { FORMAT_LABELS } from './formats'
import { alertEndpointsQuery, deliveriesQuery, endpointPath } from './queries'

type EndpointItemProps = { endpoint: Endpoint; onRotate: () => void; onDelete: () => void }

export function EndpointItem({ endpoint, onRotate, onDelete }: EndpointItemProps) {
  const [isOpen, setOpen] = useState(false)
  const deliveriesId = useId()
  const { url } = endpoint
  return (
    <li className="min-w-0">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-2 px-4 py-3 sm:px-5">
        <Description endpoint={endpoint} />
        <div className="-mx-2.5 flex flex-wrap gap-1">
          <Button
            variant="ghost"
            size="sm"
            aria-label={`Deliveries to ${url}`}
            aria-expanded={isOpen}
            aria-controls={isOpen ? deliveriesId : undefined}
            onClick={() => setOpen(!isOpen)}
          >
            Deliveries
          </Button>
          {endpoint.status === 'disabled' ? (
            <EnableButton endpoint={endpoint} />
          ) : (
            <TestButton endpoint={endpoint} onQueued={() => setOpen(true)} />
          )}
          <Button variant="ghost" size="sm" aria-label={`Rotate secret of ${url}`} onClick={onRotate}>
            Rotate secret
          </Button>
          <Button variant="ghost" size="sm" aria-label={`Delete ${url}`} onClick={onDelete}>
            Delete
          </Button>
        </div>
      </div>
      {isOpen && (
        <div id={deliveriesId} className="border-t border-line">
          <Deliveries endpoint={endpoint} />
        </div>
      )}
    </li>
  )
}

function Description({ endpoint }: { endpoint: Endpoint }) {
  return (
    <div className="min-w-0">
      <p className="font-medium wrap-anywhere text-ink">{endpoint.url}</p>
      <p className="mt-1 flex flex-wrap items-center gap-2 text-xs text-ink-faint">
        {FORMAT_LABELS[endpoint.format]}
        <Status endpoint={endpoint} />
      </p>
      {endpoint.status === 'disabled' && (
        <p className="mt-1 text-xs text-ink-soft">
          We stopped sending because deliveries kept failing. Missed webhooks are not sent later.
        </p>
      )}
      {endpoint.previous_secret_until !== null && (
        <p className="mt-1 text-xs text-ink-soft">
          The old secret signs too until <Instant at={endpoint.previous_secret_until} />.
        </p>
      )}
    </div>
  )
}

function Status({ endpoint: { status, failing_since, disabled_at } }: { endpoint: Endpoint }) {
  if (status === 'enabled') return <Badge tone="ok">Enabled</Badge>
  const [tone, label, at] =
    status === 'failing'
      ? (['warn', 'Failing since', failing_since] as const)
      : (['danger', 'Disabled on', disabled_at] as const)
  return (
    <Badge tone={tone}>
      {label} {at !== null && <Instant at={at} />}
    </Badge>
  )
}

function TestButton({ endpoint, onQueued }: { endpoint: Endpoint; onQueued: () => void }) {
  const { id } = useTenant()
  const toast = useToast()
  const test = useSettingsMutation({
    change: () => call(`${endpointPath(id, endpoint.id)}/test`, { method: 'POST', body: {} }),
    outdated: [deliveriesQuery(id, endpoint.id).queryKey],
    done: () => 'We send the test within about a minute',
    onDone: onQueued,
  })
  const failed = (error: Error) =>
    toast({ tone: 'danger', title: 'Could not send a test', body: error.message })
  return (
    <Button
      variant="ghost"
      size="sm"
      aria-label={`Send test to ${endpoint.url}`}
      loading={test.isPending}
      onClick={() => test.mutate(undefined, { onError: failed })}
    >
      Send test
    </Button>
  )
}

function EnableButton({ endpoint }: { endpoint: Endpoint }) {
  const { id } = useTenant()
  const toast = useToast()
  const enabling = useSettingsMutation({
    change: () => call(`${endpointPath(id, endpoint.id)}/enable`, { method: 'POST', body: {} }),
    outdated: [alertEndpointsQuery(id).queryKey],
    done: () => 'Webhook enabled',
  })
  const failed = (error: Error) =>
    toast({ tone: 'danger', title: 'Could not enable the webhook', body: error.message })
  return (
    <Button
      variant="ghost"
      size="sm"
      aria-label={`Re-enable ${endpoint.url}`}
      loading={enabling.isPending}
      onClick={() => enabling.mutate(undefined, { onError: failed })}
    >
      Re-enable
    </Button>
  )
}
