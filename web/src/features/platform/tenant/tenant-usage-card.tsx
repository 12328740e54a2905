import { Card } from '@/components/card'
import { Instant, RelativeTime } from '@/components/instant'
import { TextLink } from '@/components/text-link'
import type { PlatformTenant } from '@/lib/api/types'
import { formatInteger, formatPercent, formatUsd, formatUsdExact } from '@/lib/format'

import { Fact, Facts } from '../facts'

export function TenantUsageCard({ tenant: { id, usage } }: { tenant: PlatformTenant }) {
  return (
    <Card
      title="Usage this period"
      description={
        usage && (
          <>
            As of the last fold, <RelativeTime at={usage.folded_at} />
          </>
        )
      }
      footer={
        <TextLink to={`/operator/tenants/${encodeURIComponent(id)}/usage`}>See its usage page</TextLink>
      }
    >
      {usage ? (
        <Figures usage={usage} />
      ) : (
        <p className="text-ink-soft">Not read yet. The daily job reads it.</p>
      )}
    </Card>
  )
}

function Figures({ usage }: { usage: NonNullable<PlatformTenant['usage']> }) {
  return (
    <Facts>
      <Fact label="Of its nearest limit">
        {formatPercent(usage.usage_percent)}
        {usage.over_limit && <span className="text-danger-text"> (over limit)</span>}
      </Fact>
      <Fact label="Tokens">{formatInteger(usage.tokens)}</Fact>
      <Fact label="Runs">{formatInteger(usage.runs)}</Fact>
      <Fact label="Provider cost">
        <span title={formatUsdExact(usage.cost_usd)}>{formatUsd(usage.cost_usd)}</span>
      </Fact>
      <Fact label="Last event">
        {usage.last_event_at === null ? 'Never' : <RelativeTime at={usage.last_event_at} />}
      </Fact>
      <Fact label="Period ends">
        <Instant at={usage.period_end} />
      </Fact>
    </Facts>
  )
}
