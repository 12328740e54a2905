import { Pencil, Tags, Trash2 } from 'lucide-react'
import { useState } from 'react'

import { IconButton } from '@/components/button'
import { DataTable, type Column } from '@/components/data-table'
import { EmptyState } from '@/components/empty-state'
import { TextInput } from '@/components/text-input'
import { formatDay } from '@/lib/format'
import type { Price } from '@/lib/api/types'

import { amountsOf, keyOf, modelText } from './price-text'

type PricesTableProps = {
  prices: Price[] | undefined
  onEdit: (price: Price) => void
  onRemove: (price: Price) => void
}

/** A book of this many prices is searched. */
const MANY = 10

export function PricesTable({ prices, onEdit, onRemove }: PricesTableProps) {
  const [text, setText] = useState('')
  const actions: Column<Price> = {
    key: 'actions',
    header: 'Actions',
    headerHidden: true,
    align: 'end',
    cell: (price) => (
      <span className="inline-flex">
        <IconButton
          aria-label={`Edit the price of ${modelText(price)} from ${price.starts}`}
          icon={Pencil}
          size="sm"
          onClick={() => onEdit(price)}
        />
        <IconButton
          aria-label={`Remove the price of ${modelText(price)} from ${price.starts}`}
          icon={Trash2}
          size="sm"
          onClick={() => onRemove(price)}
        />
      </span>
    ),
  }
  return (
    <>
      {prices && prices.length >= MANY && (
        <div className="px-4 pb-3 sm:px-5">
          <TextInput
            type="search"
            aria-label="Search prices"
            placeholder="Provider, model or tenant"
            value={text}
            onChange={({ target }) => setText(target.value)}
            className="sm:max-w-64"
          />
        </div>
      )}
      <DataTable
        caption="Prices"
        columns={[...COLUMNS, actions]}
        rows={prices?.filter((price) => matches(price, text))}
        rowKey={keyOf}
        empty={
          prices?.length === 0 ? (
            <EmptyState
              icon={Tags}
              title="No prices of your own"
              description="The catalog’s list prices hold for every model that it knows."
            />
          ) : (
            <p className="px-4 pb-5 text-ink-soft sm:px-5">No price matches.</p>
          )
        }
      />
    </>
  )
}

function matches(price: Price, text: string): boolean {
  const wanted = text.trim().toLowerCase()
  return `${modelText(price)} ${price.tenant_id ?? ''}`.toLowerCase().includes(wanted)
}

const COLUMNS: readonly Column<Price>[] = [
  {
    key: 'model',
    header: 'Model',
    cell: (price) => (
      <>
        <span className="block wrap-anywhere">{modelText(price)}</span>
        <span className="block text-xs font-normal wrap-anywhere text-ink-faint">
          {price.tenant_id === null ? 'All tenants' : `Only ${price.tenant_id}`}
        </span>
      </>
    ),
    sortValue: modelText,
  },
  {
    key: 'amounts',
    header: 'Price per million tokens',
    cell: (price) => (
      <span className="flex flex-wrap gap-x-3">
        {amountsOf(price).map((amount) => (
          <span key={amount} className="wrap-anywhere">
            {amount}
          </span>
        ))}
      </span>
    ),
  },
  {
    key: 'starts',
    header: 'From',
    hideBelow: 'sm',
    cell: ({ starts }) => (
      <time dateTime={starts} className="whitespace-nowrap">
        {formatDay(starts, 'UTC')}
      </time>
    ),
    sortValue: ({ starts }) => starts,
  },
]
