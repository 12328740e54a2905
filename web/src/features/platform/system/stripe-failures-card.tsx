import { DataTable, type Column } from '@/components/data-table'
import { RelativeTime } from '@/components/instant'
import { TextLink } from '@/components/text-link'
import { formatInteger } from '@/lib/format'
import type { StripeFailure } from '@/lib/api/types'

import { Nothing, Section } from './section'

export function StripeFailuresCard({ failures }: { failures: StripeFailure[] | undefined }) {
  return (
    <Section
      id="stripe-failures"
      title="Stripe failures"
      description="Webhooks that could not be applied. Stripe sends them again for three days. Reconciling a tenant repairs it at once."
    >
      <DataTable
        caption="Stripe failures"
        columns={COLUMNS}
        rows={failures}
        rowKey={({ event_id }) => event_id}
        loadingRows={2}
        empty={<Nothing>Every webhook was applied.</Nothing>}
      />
    </Section>
  )
}

const COLUMNS: readonly Column<StripeFailure>[] = [
  {
    key: 'event',
    header: 'Event',
    cell: ({ type, event_id, error }) => (
      <>
        <span className="block wrap-anywhere">{type}</span>
        <span className="block font-mono text-xs font-normal wrap-anywhere text-ink-faint">{event_id}</span>
        <span className="block text-xs font-normal wrap-anywhere text-danger-text">{error}</span>
      </>
    ),
  },
  {
    key: 'tenant',
    header: 'Tenant',
    cell: ({ tenant_id }) =>
      tenant_id === null ? (
        'Unknown'
      ) : (
        <TextLink to={`/operator/tenants/${encodeURIComponent(tenant_id)}`} className="wrap-anywhere">
          {tenant_id}
        </TextLink>
      ),
  },
  {
    key: 'attempts',
    header: 'Attempts',
    align: 'end',
    hideBelow: 'sm',
    cell: ({ attempts }) => formatInteger(attempts),
  },
  {
    key: 'last',
    header: 'Last attempt',
    hideBelow: 'sm',
    cell: ({ last_at }) => <RelativeTime at={last_at} className="whitespace-nowrap" />,
  },
]
