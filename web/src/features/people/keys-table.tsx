import { Ban, RefreshCw } from 'lucide-react'
import type { ReactNode } from 'react'

import { Badge } from '@/components/badge'
import { IconButton } from '@/components/button'
import { DataTable, type Column } from '@/components/data-table'
import { Instant, RelativeTime } from '@/components/instant'
import type { Tone } from '@/components/tone'
import type { ApiKey } from '@/lib/api/types'

type KeysTableProps = {
  keys: ApiKey[] | undefined
  empty: ReactNode
  /** Left out where the reader may not change keys. */
  actions?: { onRotate: (key: ApiKey) => void; onRevoke: (key: ApiKey) => void }
}

const STATUS: Record<ApiKey['status'], { tone: Tone; label: string }> = {
  active: { tone: 'ok', label: 'Active' },
  expired: { tone: 'neutral', label: 'Expired' },
  revoked: { tone: 'danger', label: 'Revoked' },
}

export function KeysTable({ keys, empty, actions }: KeysTableProps) {
  return (
    <DataTable
      caption="API keys"
      columns={actions ? [...COLUMNS, actionsColumn(actions)] : COLUMNS}
      rows={keys}
      rowKey={({ id }) => id}
      empty={empty}
      loadingRows={2}
    />
  )
}

function actionsColumn({ onRotate, onRevoke }: NonNullable<KeysTableProps['actions']>): Column<ApiKey> {
  return {
    key: 'actions',
    header: 'Actions',
    headerHidden: true,
    align: 'end',
    cell: (key) =>
      key.status === 'active' && (
        <span className="relative inline-flex">
          <IconButton
            aria-label={`Rotate ${key.label}`}
            icon={RefreshCw}
            size="sm"
            onClick={() => onRotate(key)}
          />
          <IconButton aria-label={`Revoke ${key.label}`} icon={Ban} size="sm" onClick={() => onRevoke(key)} />
        </span>
      ),
  }
}

function LastUse({ at }: { at: string | null }) {
  return at === null ? 'Never' : <RelativeTime at={at} />
}

/** Return a member's address, or "operator" for the people who run the platform. */
function nameOf(actor: string): string {
  return actor.startsWith('member:') ? actor.slice('member:'.length) : 'operator'
}

const COLUMNS: readonly Column<ApiKey>[] = [
  {
    key: 'label',
    header: 'Key',
    cell: ({ label, prefix, last_used_at }) => (
      <>
        <span className="block wrap-anywhere">{label}</span>
        <span className="block font-mono text-xs font-normal text-ink-faint">{prefix}…</span>
        <span className="block text-xs font-normal text-ink-faint sm:hidden">
          Last used: <LastUse at={last_used_at} />
        </span>
      </>
    ),
  },
  {
    key: 'status',
    header: 'Status',
    cell: ({ status }) => <Badge tone={STATUS[status].tone}>{STATUS[status].label}</Badge>,
  },
  {
    key: 'scopes',
    header: 'Permissions',
    hideBelow: 'md',
    cell: ({ scopes }) => (
      <span className="flex flex-wrap gap-1">
        {scopes.map((scope) => (
          <Badge key={scope}>{scope}</Badge>
        ))}
      </span>
    ),
  },
  {
    key: 'created',
    header: 'Created',
    hideBelow: 'sm',
    cell: ({ created_at, created_by }) => (
      <>
        <Instant at={created_at} day />
        {created_by !== null && (
          <span className="block text-xs text-ink-faint wrap-anywhere">by {nameOf(created_by)}</span>
        )}
      </>
    ),
  },
  {
    key: 'expires',
    header: 'Expires',
    hideBelow: 'sm',
    cell: ({ expires_at }) => (expires_at === null ? 'Never' : <Instant at={expires_at} day />),
  },
  {
    key: 'used',
    header: 'Last used',
    hideBelow: 'sm',
    cell: ({ last_used_at }) => <LastUse at={last_used_at} />,
  },
]
