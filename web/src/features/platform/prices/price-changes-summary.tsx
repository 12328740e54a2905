import { Notice } from '@/components/notice'
import { formatInteger, formatUsd, formatUsdExact } from '@/lib/format'

import type { Price, PriceChanges } from '../contract'
import { Fact, Facts } from '../facts'
import { amountsOf, keyOf, modelText } from './price-text'

/** More of them are counted, not listed. */
const SHOWN = 20

/** What would change, and what it would do to the costs and margins of this month. */
export function PriceChangesSummary({ changes: { added, removed, effect } }: { changes: PriceChanges }) {
  return (
    <div className="grid gap-4">
      {effect.negative_after > effect.negative_before && (
        <Notice tone="danger" title={`${tenantsText(effect.negative_after)} would have a negative margin`}>
          {effect.negative_before === 0
            ? 'None has one now.'
            : `Now it is ${tenantsText(effect.negative_before)}.`}
        </Notice>
      )}
      <Facts>
        <Fact label="Tenants with these models this month">{formatInteger(effect.tenants)}</Fact>
        <Fact label="Their provider cost now">
          <Amount usd={effect.cost_before_usd} />
        </Fact>
        <Fact label="With these prices">
          <Amount usd={effect.cost_after_usd} />
        </Fact>
        <Fact label="Negative margins now">{formatInteger(effect.negative_before)}</Fact>
        <Fact label="With these prices">{formatInteger(effect.negative_after)}</Fact>
      </Facts>
      <p className="text-xs text-ink-faint">
        An estimate from this month’s tokens. What is recorded already keeps its cost.
        {effect.is_cut && ' Only a part of the tenants was looked at, so there may be more.'}
      </p>
      {effect.sentences.length > 0 && (
        <ul className="grid list-disc gap-1 ps-5 text-ink-soft">
          {effect.sentences.map((sentence) => (
            <li key={sentence} className="wrap-anywhere">
              {sentence}
            </li>
          ))}
        </ul>
      )}
      <PriceList title="Added" prices={added} />
      <PriceList title="Removed" prices={removed} />
    </div>
  )
}

function Amount({ usd }: { usd: string }) {
  return <span title={formatUsdExact(usd)}>{formatUsd(usd)}</span>
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
