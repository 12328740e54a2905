import { Badge } from '@/components/badge'
import type { Column } from '@/components/data-table'
import { RelativeTime } from '@/components/instant'
import type { Tone } from '@/components/tone'
import type { TenantRow } from '@/lib/api/types'
import { formatPercent, formatUsd, formatUsdExact } from '@/lib/format'

const STATUS: Record<TenantRow['status'], { tone: Tone; label: string }> = {
  active: { tone: 'ok', label: 'Active' },
  suspended: { tone: 'danger', label: 'Suspended' },
  ended: { tone: 'neutral', label: 'Ended' },
}

type StatusBadgesProps = Pick<TenantRow, 'status' | 'past_due'> & { has_second_subscription?: boolean }

export function StatusBadges({ status, past_due, has_second_subscription = false }: StatusBadgesProps) {
  return (
    <span className="inline-flex flex-wrap gap-1">
      <Badge tone={STATUS[status].tone}>{STATUS[status].label}</Badge>
      {past_due && <Badge tone="warn">Past due</Badge>}
      {has_second_subscription && <Badge tone="danger">Second subscription</Badge>}
    </span>
  )
}

export const TENANT_COLUMNS: readonly Column<TenantRow>[] = [
  {
    key: 'tenant',
    header: 'Tenant',
    cell: ({ id, name }) => (
      <>
        <span className="block wrap-anywhere">{name}</span>
        {name !== id && <span className="block text-xs font-normal wrap-anywhere text-ink-faint">{id}</span>}
      </>
    ),
  },
  { key: 'plan', header: 'Plan', hideBelow: 'sm', cell: ({ plan }) => plan },
  { key: 'status', header: 'Status', cell: (row) => <StatusBadges {...row} /> },
  { key: 'usage', header: 'Usage', align: 'end', cell: ({ usage }) => <UsedPercent usage={usage} /> },
  {
    key: 'mrr',
    header: 'MRR',
    align: 'end',
    hideBelow: 'md',
    cell: ({ mrr_usd }) => <span title={formatUsdExact(mrr_usd)}>{formatUsd(mrr_usd)}</span>,
  },
  {
    key: 'cost',
    header: 'Provider cost',
    align: 'end',
    hideBelow: 'sm',
    cell: ({ usage }) =>
      usage ? <span title={formatUsdExact(usage.cost_usd)}>{formatUsd(usage.cost_usd)}</span> : '–',
  },
  {
    key: 'last_event',
    header: 'Last event',
    hideBelow: 'md',
    cell: ({ usage }) =>
      usage?.last_event_at ? (
        <RelativeTime at={usage.last_event_at} className="whitespace-nowrap" />
      ) : (
        'Never'
      ),
  },
  {
    key: 'folded',
    header: 'As of',
    hideBelow: 'md',
    cell: ({ usage }) => (usage ? <RelativeTime at={usage.folded_at} className="whitespace-nowrap" /> : '–'),
  },
]

function UsedPercent({ usage }: Pick<TenantRow, 'usage'>) {
  if (!usage) return <span className="text-ink-faint">Not read yet</span>
  const percent = formatPercent(usage.usage_percent)
  if (usage.over_limit) return <Badge tone="danger">{percent}, over limit</Badge>
  return usage.over_80 ? <Badge tone="warn">{percent}</Badge> : percent
}
