import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useSearchParams } from 'react-router'

import { Button } from '@/components/button'
import { Card } from '@/components/card'
import { ErrorState } from '@/components/error-state'
import { Page } from '@/components/page'
import { formatInteger } from '@/lib/format'
import type { Price, PriceBook, PriceChanges } from '@/lib/api/types'

import { DraftNotice } from '../draft-notice'
import { pricesQuery } from '../queries'
import { PriceChangesSummary } from './price-changes-summary'
import { PriceFormDialog } from './price-form-dialog'
import { emptyPrice } from './price-form'
import { inOrder, keyOf } from './price-text'
import { PricesTable } from './prices-table'

/** The price that is edited, and the one that it replaces; null for a new one. */
type Editing = { price: Price; replaces: Price | null }

export function PricesPage() {
  const served = useQuery(pricesQuery())
  const [draft, setDraft] = useState<PriceBook | null>(null)
  const [editing, setEditing] = useEditing()
  const shown = draft ?? served.data
  const keep = (prices: Price[]) => {
    if (shown) setDraft({ ...shown, prices: inOrder(prices) })
    setEditing(null)
  }
  const without = (price: Price | null) => shown?.prices.filter((each) => each !== price) ?? []
  return (
    <Page
      title="Prices"
      description="Your own prices of providers. They come before the catalog’s list prices, for what is recorded afterwards."
      actions={
        <Button
          variant="primary"
          icon={Plus}
          disabled={!shown}
          onClick={() => setEditing({ price: emptyPrice(), replaces: null })}
        >
          Add price
        </Button>
      }
    >
      {draft && served.data && (
        <DraftNotice<PriceChanges>
          title={draftTitle(draft, served.data)}
          path="/platform/prices"
          body={draft}
          queryKey={pricesQuery().queryKey}
          summary={(changes) =>
            changes.added.length + changes.removed.length === 0 ? null : (
              <PriceChangesSummary changes={changes} />
            )
          }
          dialogTitle="Apply these prices?"
          done="Prices changed"
          onEnd={() => setDraft(null)}
        />
      )}
      <Card flush>
        {served.error && !served.data ? (
          <ErrorState title="Could not load prices" query={served} />
        ) : (
          <PricesTable
            prices={shown?.prices}
            onEdit={(price) => setEditing({ price, replaces: price })}
            onRemove={(price) => keep(without(price))}
          />
        )}
      </Card>
      {editing && shown && (
        <PriceFormDialog
          start={editing.price}
          isNew={editing.replaces === null}
          taken={new Set(without(editing.replaces).map(keyOf))}
          onClose={() => setEditing(null)}
          onSave={(price) => keep([...without(editing.replaces), price])}
        />
      )}
    </Page>
  )
}

/** An address with a provider and a model opens the form for them, as the overview's links do. */
function useEditing() {
  const [search, setSearch] = useSearchParams()
  const [provider, model] = [search.get('provider'), search.get('model')]
  const [editing, setEditing] = useState<Editing | null>(
    provider === null || model === null ? null : { price: emptyPrice({ provider, model }), replaces: null },
  )
  const set = (next: Editing | null) => {
    setEditing(next)
    if (next === null && provider !== null) setSearch({}, { replace: true })
  }
  return [editing, set] as const
}

function draftTitle(draft: PriceBook, served: PriceBook): string {
  const [before, after] = [served, draft].map(
    ({ prices }) => new Set(prices.map((each) => JSON.stringify(each))),
  )
  const added = [...(after ?? [])].filter((price) => !before?.has(price)).length
  const removed = [...(before ?? [])].filter((price) => !after?.has(price)).length
  return `Not applied yet: ${formatInteger(added)} added, ${formatInteger(removed)} removed`
}
