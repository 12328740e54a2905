import { Button } from '@/components/button'
import { Card } from '@/components/card'
import { Instant } from '@/components/instant'
import { capitalized } from '@/lib/format'

import { Fact, Facts } from '../facts'
import type { CardProps } from './tenant-task'

export function BillingCard({ tenant: { billing }, onTask }: CardProps) {
  const instants = [
    ['Paid until', billing.period_end],
    ['Trial ends', billing.trial_end],
    ['Past due since', billing.past_due_since],
    ['Plan ends', billing.ends_at],
  ] as const
  return (
    <Card
      title="Billing"
      actions={
        onTask && (
          <Button size="sm" onClick={() => onTask({ name: 'reconcile' })}>
            Reconcile
          </Button>
        )
      }
    >
      <Facts>
        <Fact label="Subscription">
          {billing.status === 'none' ? 'None' : capitalized(billing.status.replaceAll('_', ' '))}
        </Fact>
        {billing.subscription_id !== null && (
          <Fact label="Id at Stripe">
            <span className="font-mono text-xs">{billing.subscription_id}</span>
          </Fact>
        )}
        {billing.interval !== null && <Fact label="Paid by the">{billing.interval}</Fact>}
        {instants.map(
          ([label, at]) =>
            at !== null && (
              <Fact key={label} label={label}>
                <Instant at={at} />
              </Fact>
            ),
        )}
        {billing.cancel_at_period_end && <Fact label="Canceled">At the end of the period</Fact>}
        {billing.scheduled_plan !== null && (
          <Fact label="Changes to">
            {billing.scheduled_plan}
            {billing.scheduled_at !== null && (
              <>
                {' on '}
                <Instant at={billing.scheduled_at} day />
              </>
            )}
          </Fact>
        )}
      </Facts>
    </Card>
  )
}
