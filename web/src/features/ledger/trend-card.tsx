import { useMemo, useState } from 'react'

import { Card } from '@/components/card'
import { Segmented } from '@/components/segmented'
import { Select } from '@/components/select'
import type { Usage } from '@/lib/api/types'
import { nanoUsdOf } from '@/lib/format'

import type { ChartView } from './chart-request'
import { CsvButton } from './csv-button'
import { groupOptions, isNameGroup, useGroup } from './group'
import { METRICS } from './metric'
import { Ranking } from './ranking'
import { UsageChart } from './usage-chart'

const GRANULARITIES = [
  { value: 'day', label: 'Days' },
  { value: 'hour', label: 'Hours' },
] as const

export function TrendCard({ usage, isCurrent }: { usage: Usage; isCurrent: boolean }) {
  const [group, setGroup] = useGroup('chart', 'none')
  const [chosen, setChosen] = useState<Omit<ChartView, 'group'>>(() => ({
    granularity: 'day',
    metric: firstMetric(usage),
  }))
  const view = useMemo(() => ({ ...chosen, group }), [chosen, group])
  const change = (changed: Partial<ChartView>) => setChosen((before) => ({ ...before, ...changed }))
  return (
    <Card
      title="Usage over time"
      actions={
        <>
          <Segmented
            label="Metric"
            size="sm"
            options={METRICS}
            value={view.metric}
            onChange={(metric) => change({ metric })}
          />
          <Select
            aria-label="Group by"
            options={[{ value: 'none', label: 'All' }, ...groupOptions(usage.tag_names, group)]}
            value={group}
            onChange={({ target }) => setGroup(target.value)}
          />
          {!isNameGroup(group) && (
            <Segmented
              label="Interval"
              size="sm"
              options={GRANULARITIES}
              value={view.granularity}
              onChange={(granularity) => change({ granularity })}
            />
          )}
          <CsvButton usage={usage} isCurrent={isCurrent} view={view} />
        </>
      }
    >
      <div className="grid grid-cols-[minmax(0,1fr)] gap-x-8 gap-y-5 lg:grid-cols-[minmax(0,1fr)_17rem]">
        <UsageChart usage={usage} isCurrent={isCurrent} view={view} />
        <Ranking
          aggregate={usage.aggregate}
          metric={view.metric}
          by={view.group === 'provider' ? 'provider' : 'model'}
        />
      </div>
    </Card>
  )
}

/** Start with cost, or with tokens if nothing has a price. */
function firstMetric({ aggregate }: Usage): ChartView['metric'] {
  return nanoUsdOf(aggregate.total_cost_usd) > 0n ? 'cost' : 'tokens'
}
