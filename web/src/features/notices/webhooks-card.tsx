// The webhooks of a tenant: URLs that get its alerts, plan changes and failed payments.
import { useQuery } from '@tanstack/react-query'
import { Plus, Webhook } from 'lucide-react'
import { useState } from 'react'

import { Button } from '@/components/button'
import { Card } from '@/components/card'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { SecretDialog } from '@/components/secret-dialog'
import { Skeleton } from '@/components/skeleton'
import type { Endpoint, EndpointWithSecret } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { CreateEndpointDialog } from './create-endpoint-dialog'
import { DeleteEndpointDialog } from './delete-endpoint-dialog'
import { EndpointItem } from './endpoint-item'
import { alertEndpointsQuery } from './queries'
import { RotateSecretDialog } from './rotate-secret-dialog'

type Task =
  | { name: 'create' }
  | { name: 'rotate' | 'delete'; endpoint: Endpoint }
  | { name: 'show'; made: EndpointWithSecret }

const MAX_ENDPOINTS = 10

export function WebhooksCard() {
  const { id } = useTenant()
  const endpoints = useQuery(alertEndpointsQuery(id))
  const [task, setTask] = useState<Task | null>(null)
  const close = () => setTask(null)
  const show = (made: EndpointWithSecret) => setTask({ name: 'show', made })
  const isFull = (endpoints.data?.length ?? 0) >= MAX_ENDPOINTS
  return (
    <>
      <Card
        title="Webhooks"
        description="We post alerts, plan changes and failed payments to these URLs within about a minute."
        actions={
          <Button
            size="sm"
            icon={Plus}
            disabled={!endpoints.data || isFull}
            onClick={() => setTask({ name: 'create' })}
          >
            Add webhook
          </Button>
        }
        {...(isFull && { footer: `A tenant can have ${MAX_ENDPOINTS} webhooks. Delete one to add another.` })}
        flush
      >
        {endpoints.error ? (
          <ErrorState title="Could not load webhooks" query={endpoints} />
        ) : (
          <Endpoints endpoints={endpoints.data} onTask={setTask} />
        )}
      </Card>
      {task?.name === 'create' && <CreateEndpointDialog onClose={close} onMade={show} />}
      {task?.name === 'rotate' && (
        <RotateSecretDialog endpoint={task.endpoint} onClose={close} onMade={show} />
      )}
      {task?.name === 'delete' && <DeleteEndpointDialog endpoint={task.endpoint} onClose={close} />}
      {task?.name === 'show' && (
        <SecretDialog
          title="The signing secret is ready"
          what="Signing secret"
          secret={task.made.secret}
          note={NOTES[task.made.endpoint.format]}
          onClose={close}
        />
      )}
    </>
  )
}

const NOTES: Record<Endpoint['format'], string> = {
  json: 'Your server verifies the signature of each webhook with it.',
  slack: 'Slack itself does not need it.',
}

type EndpointsProps = { endpoints: Endpoint[] | undefined; onTask: (task: Task) => void }

function Endpoints({ endpoints, onTask }: EndpointsProps) {
  if (!endpoints) return <Skeleton className="mx-4 mb-4 h-12 sm:mx-5" />
  if (endpoints.length === 0) {
    return (
      <EmptyState
        icon={Webhook}
        title="No webhooks"
        description="Add a URL of your server, or of a Slack channel."
      />
    )
  }
  return (
    <ul className="divide-y divide-line border-t border-line">
      {endpoints.map((endpoint) => (
        <EndpointItem
          key={endpoint.id}
          endpoint={endpoint}
          onRotate={() => onTask({ name: 'rotate', endpoint })}
          onDelete={() => onTask({ name: 'delete', endpoint })}
        />
      ))}
    </ul>
  )
}
