import { Badge } from '@/components/badge'
import { Button } from '@/components/button'
import { Card } from '@/components/card'
import type { OwnLimits, PlatformTenant } from '@/lib/api/types'
import { formatInteger, formatPercent, formatUsdExact } from '@/lib/format'

import { Fact, Facts } from '../facts'
import type { CardProps } from './tenant-task'

type Limits = NonNullable<PlatformTenant['limits']>

const count = (value: number | null) => (value === null ? 'Unlimited' : formatInteger(value))

const LINES: readonly { name: keyof OwnLimits; label: string; text: (limits: Limits) => string }[] = [
  { name: 'tokens', label: 'Tokens per period', text: ({ tokens }) => count(tokens) },
  { name: 'runs', label: 'Runs per period', text: ({ runs }) => count(runs) },
  {
    name: 'provider_cost_usd',
    label: 'Provider cost per period',
    text: ({ provider_cost_usd: usd }) => (usd === null ? 'Unlimited' : formatUsdExact(usd)),
  },
  {
    name: 'requests_per_minute',
    label: 'Requests per minute',
    text: (limits) => count(limits.requests_per_minute),
  },
  { name: 'soft_percent', label: 'Alert at', text: ({ soft_percent }) => formatPercent(soft_percent) },
  { name: 'hard_percent', label: 'Limit at', text: ({ hard_percent }) => formatPercent(hard_percent) },
]

export function LimitsCard({ tenant: { limits, own_limits }, onTask }: CardProps) {
  return (
    <Card
      title="Limits"
      description="With its own limits and its grants."
      actions={
        onTask && (
          <Button size="sm" onClick={() => onTask({ name: 'limits' })}>
            Set limits
          </Button>
        )
      }
    >
      {limits ? (
        <Facts>
          {LINES.map(({ name, label, text }) => (
            <Fact key={name} label={label}>
              {own_limits[name] !== null && <Badge tone="accent">Own</Badge>} {text(limits)}
            </Fact>
          ))}
        </Facts>
      ) : (
        <p className="text-warn-text">
          Its plan is not in the catalog, so it allows nothing. Change the plan.
        </p>
      )}
    </Card>
  )
}
