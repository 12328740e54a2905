import { Button } from '@/components/button'
import { Card } from '@/components/card'
import { Instant } from '@/components/instant'
import { formatInteger } from '@/lib/format'

import { Fact, Facts } from '../facts'
import type { CardProps } from './tenant-task'

export function PlanCard({ tenant, onTask }: CardProps) {
  const { plan, plan_version, created_at, suspended_at, ended_at, metadata } = tenant
  return (
    <Card
      title="Plan"
      actions={
        onTask && (
          <Button size="sm" onClick={() => onTask({ name: 'plan' })}>
            Change plan
          </Button>
        )
      }
    >
      <Facts>
        <Fact label="Plan">
          {plan}, version {formatInteger(plan_version)}
        </Fact>
        <Fact label="Created">
          <Instant at={created_at} />
        </Fact>
        {suspended_at !== null && (
          <Fact label="Suspended">
            <Instant at={suspended_at} />
          </Fact>
        )}
        {ended_at !== null && (
          <Fact label="Ended">
            <Instant at={ended_at} />
          </Fact>
        )}
        {Object.entries(metadata).map(([name, value]) => (
          <Fact key={name} label={name}>
            {value}
          </Fact>
        ))}
      </Facts>
    </Card>
  )
}
