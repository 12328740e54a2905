import { Badge } from '@/components/badge'
import type { PlanChanges } from '@/lib/api/types'
import { formatInteger } from '@/lib/format'

import { Sentences } from '../sentences'

type PlanChange = PlanChanges['plans'][number]

/** What would change, and how many tenants have which version of each plan. */
export function PlanChangesSummary({ changes }: { changes: PlanChanges }) {
  return (
    <div className="grid gap-4">
      {changes.plans.map((change) => (
        <section key={change.plan} aria-label={change.plan} className="grid gap-1">
          <h3 className="font-medium text-ink">
            {change.plan}{' '}
            {change.version === null ? (
              <Badge tone="danger">Removed</Badge>
            ) : (
              <Badge>Version {formatInteger(change.version)}</Badge>
            )}
          </h3>
          <Sentences sentences={change.what} />
          <p className="text-ink-soft">{tenantsText(change)}</p>
        </section>
      ))}
      <Sentences sentences={changes.others} />
    </div>
  )
}

function tenantsText({ tenants }: PlanChange): string {
  if (tenants.length === 0) return 'No tenant has this plan.'
  const counts = tenants.map(({ version, tenants: count }) => {
    const noun = count === 1 ? 'tenant' : 'tenants'
    return `${formatInteger(count)} ${noun} on version ${formatInteger(version)}`
  })
  return `Keep their version: ${counts.join(', ')}.`
}
