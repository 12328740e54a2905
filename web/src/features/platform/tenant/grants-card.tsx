import { Plus } from 'lucide-react'

import { Button } from '@/components/button'
import { Card } from '@/components/card'
import { DataTable, type Column } from '@/components/data-table'
import { Instant } from '@/components/instant'
import type { TenantGrant } from '@/lib/api/types'
import { capitalized } from '@/lib/format'

import type { CardProps } from './tenant-task'
import { grantText } from './grant-text'

export function GrantsCard({ tenant, onTask }: CardProps) {
  const revoke: Column<TenantGrant> = {
    key: 'revoke',
    header: 'Actions',
    headerHidden: true,
    align: 'end',
    cell: (grant) => (
      <Button
        size="sm"
        variant="ghost"
        aria-label={`Revoke ${grantText(grant)}`}
        onClick={() => onTask?.({ name: 'revoke', grant })}
      >
        Revoke
      </Button>
    ),
  }
  return (
    <Card
      title="Grants"
      actions={
        onTask && (
          <Button size="sm" icon={Plus} onClick={() => onTask({ name: 'grant' })}>
            Give grant
          </Button>
        )
      }
      flush
    >
      <DataTable
        caption="Grants"
        columns={onTask ? [...COLUMNS, revoke] : COLUMNS}
        rows={tenant.grants}
        rowKey={({ id }) => id}
        empty={<p className="px-4 pb-5 text-ink-soft sm:px-5">No grants.</p>}
      />
    </Card>
  )
}

const COLUMNS: readonly Column<TenantGrant>[] = [
  { key: 'grant', header: 'Grant', cell: (grant) => capitalized(grantText(grant)) },
  {
    key: 'until',
    header: 'Until',
    cell: ({ until }) => (until === null ? 'No end' : <Instant at={until} day />),
  },
  {
    key: 'given',
    header: 'Given',
    hideBelow: 'sm',
    cell: ({ granted_at }) => <Instant at={granted_at} day />,
  },
  {
    key: 'reason',
    header: 'Reason',
    hideBelow: 'sm',
    cell: ({ reason }) => <span className="wrap-anywhere">{reason}</span>,
  },
]
