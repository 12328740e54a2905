import { useQuery } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'

import { Button } from '@/components/button'
import { Card } from '@/components/card'
import { EmptyState } from '@/components/empty-state'
import { ErrorState } from '@/components/error-state'
import { SecretDialog } from '@/components/secret-dialog'
import { TextLink } from '@/components/text-link'
import { apiKeysQuery } from '@/lib/api/queries'
import type { ApiKey, NewApiKey } from '@/lib/api/types'
import { useTenant } from '@/lib/tenant'

import { AgentSnippets, NO_KEY } from './agent-snippets'
import { CreateKeyDialog } from './create-key-dialog'
import { KeysTable } from './keys-table'
import { RevokeKeyDialog } from './revoke-key-dialog'
import { RotateKeyDialog } from './rotate-key-dialog'

type Task =
  { name: 'create' } | { name: 'rotate' | 'revoke'; key: ApiKey } | { name: 'show'; made: NewApiKey }

export function KeysPage() {
  const { id } = useTenant()
  const keys = useQuery(apiKeysQuery(id))
  const [task, setTask] = useState<Task | null>(null)
  const close = () => setTask(null)
  const show = (made: NewApiKey) => setTask({ name: 'show', made })
  return (
    <>
      <title>API keys · GWI Usage</title>
      <Card
        title="API keys"
        description={
          <>
            Your agents send a key with every request. We store only a hash.{' '}
            <TextLink to={`/t/${encodeURIComponent(id)}?by=key#breakdown`}>Usage by key</TextLink>
            {' · '}
            <TextLink to="/docs">API reference</TextLink>
          </>
        }
        actions={
          <Button variant="primary" size="sm" icon={Plus} onClick={() => setTask({ name: 'create' })}>
            Create key
          </Button>
        }
        flush
      >
        {keys.error ? (
          <ErrorState title="Could not load API keys" query={keys} />
        ) : (
          <Keys keys={keys.data} onTask={setTask} />
        )}
      </Card>
      <Card title="Send usage" description="Replace YOUR_KEY with a key that can record usage.">
        <AgentSnippets apiKey={NO_KEY} />
      </Card>
      {task?.name === 'create' && <CreateKeyDialog onClose={close} onMade={show} />}
      {task?.name === 'rotate' && <RotateKeyDialog apiKey={task.key} onClose={close} onMade={show} />}
      {task?.name === 'revoke' && <RevokeKeyDialog apiKey={task.key} onClose={close} />}
      {task?.name === 'show' && (
        <SecretDialog
          title={`Key “${task.made.api_key.label}” is ready`}
          what="API key"
          secret={task.made.secret}
          note="We store only a hash."
          onClose={close}
        />
      )}
    </>
  )
}

type KeysProps = { keys: ApiKey[] | undefined; onTask: (task: Task) => void }

function Keys({ keys, onTask }: KeysProps) {
  const [endedAreShown, setEndedShown] = useState(false)
  const ended = keys?.filter(({ status }) => status !== 'active') ?? []
  const rows = endedAreShown ? keys : keys?.filter(({ status }) => status === 'active')
  return (
    <>
      <KeysTable
        keys={rows}
        empty={<NoKeys onCreate={() => onTask({ name: 'create' })} />}
        actions={{
          onRotate: (key) => onTask({ name: 'rotate', key }),
          onRevoke: (key) => onTask({ name: 'revoke', key }),
        }}
      />
      {ended.length > 0 && (
        <div className="border-t border-line p-3 text-center">
          <Button
            variant="ghost"
            size="sm"
            aria-pressed={endedAreShown}
            onClick={() => setEndedShown(!endedAreShown)}
          >
            {endedAreShown ? 'Hide' : 'Show'} {ended.length} expired or revoked
          </Button>
        </div>
      )}
    </>
  )
}

function NoKeys({ onCreate }: { onCreate: () => void }) {
  return (
    <EmptyState
      icon={KeyRound}
      title="No active keys"
      description="Create a key so your agents can record usage."
      action={
        <Button variant="primary" onClick={onCreate}>
          Create your first key
        </Button>
      }
    />
  )
}
