import { Notice } from '@/components/notice'
import { formatInteger } from '@/lib/format'
import type { Price, PriceChanges } from '@/lib/api/types'

import { Sentences } from '../sentences'
import { amountsOf, keyOf, modelText } from './price-text'

/** More of them are counted, not listed. */
const SHOWN = 20

/** What would change, and what it would do to the costs and margins of this month. */
export function PriceChangesSummary({ changes: { added, removed, effect } }: { changes: PriceChanges }) {
  return (
    <div className="grid gap-4">
      {effect.negative_after > effect.negative_before && (
        <Notice tone="danger" title={`${tenantsText(effect.negative_after)} would have a negative margin`} />
      )}
      <section aria-label="Effect" className="grid gap-1">
        <h3 className="font-medium text-ink">Estimate from this month’s usage</h3>
        <Sentences sentences={effect.sentences} />
        <p className="text-xs text-ink-faint">What is recorded already keeps its cost.</p>
      </section>
      <PriceList title="Added" prices={added} />
      <PriceList title="Removed" prices={removed} />
    </div>
  )
}

function PriceList({ title, prices }: { title: string; prices: readonly Price[] }) {
  if (prices.length === 0) return null
  return (
    <section aria-label={title} className="grid gap-1">
      <h3 className="font-medium text-ink">
        {title}: {formatInteger(prices.length)}
      </h3>
      <ul className="grid gap-1 text-ink-soft">
        {prices.slice(0, SHOWN).map((price) => (
          <li key={keyOf(price)} className="wrap-anywhere">
            {modelText(price)}
            {price.tenant_id !== null && ` for ${price.tenant_id}`} from {price.starts}:{' '}
            {amountsOf(price).join(', ')}
          </li>
        ))}
      </ul>
      {prices.length > SHOWN && (
        <p className="text-ink-faint">And {formatInteger(prices.length - SHOWN)} more.</p>
      )}
    </section>
  )
}

function tenantsText(count: number): string {
  return `${formatInteger(count)} ${count === 1 ? 'tenant' : 'tenants'}`
}
