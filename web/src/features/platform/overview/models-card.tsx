import { Card } from '@/components/card'
import { DataTable, type Column } from '@/components/data-table'
import { TextLink } from '@/components/text-link'
import { formatInteger } from '@/lib/format'
import type { UnpricedModel } from '@/lib/api/types'

export function ModelsCard({ models }: { models: UnpricedModel[] | undefined }) {
  return (
    <Card
      title="Models without a complete price"
      description="Provider cost and margins leave these calls out. A price holds for what is recorded after it."
      flush
    >
      <DataTable
        caption="Models without a complete price"
        columns={COLUMNS}
        rows={models}
        rowKey={({ provider, model }) => JSON.stringify([provider, model])}
        loadingRows={2}
        empty={
          <p className="px-4 pb-5 text-ink-soft sm:px-5">Every call of this month has a complete price.</p>
        }
      />
    </Card>
  )
}

const COLUMNS: readonly Column<UnpricedModel>[] = [
  {
    key: 'model',
    header: 'Model',
    cell: ({ provider, model }) => (
      <>
        <span className="block wrap-anywhere">{isOther({ provider, model }) ? 'Other models' : model}</span>
        {!isOther({ provider, model }) && (
          <span className="block text-xs font-normal wrap-anywhere text-ink-faint">{provider}</span>
        )}
      </>
    ),
    sortValue: ({ model }) => model,
  },
  count('unpriced', 'Unpriced calls', ({ unpriced_calls }) => unpriced_calls),
  { ...count('incomplete', 'Incomplete calls', ({ incomplete_calls }) => incomplete_calls), hideBelow: 'sm' },
  { ...count('tenants', 'Tenants', ({ tenants }) => tenants), hideBelow: 'sm' },
  {
    key: 'price',
    header: 'Actions',
    headerHidden: true,
    align: 'end',
    cell: ({ provider, model }) =>
      !isOther({ provider, model }) && <SetPrice provider={provider} model={model} />,
  },
]

/** The API sums up as "other" what the tenants' largest models leave out. */
function isOther({ provider, model }: Pick<UnpricedModel, 'provider' | 'model'>): boolean {
  return model === 'other' && provider === 'other'
}

function SetPrice({ provider, model }: Pick<UnpricedModel, 'provider' | 'model'>) {
  return (
    <TextLink
      to={`/operator/prices?${new URLSearchParams({ provider, model }).toString()}`}
      aria-label={`Set a price of ${model}`}
      className="whitespace-nowrap"
    >
      Set a price
    </TextLink>
  )
}

function count(key: string, header: string, of: (row: UnpricedModel) => number): Column<UnpricedModel> {
  return { key, header, align: 'end', cell: (row) => formatInteger(of(row)), sortValue: of }
}
