import { useMemo, useState } from 'react'

import { Card } from '@/components/card'
import { Segmented } from '@/components/segmented'
import { Select } from '@/components/select'
import type { Comparison, Usage } from '@/lib/api/types'
import { nanoUsdOf } from '@/lib/format'

import type { ChartView } from './chart-request'
import { CsvButton } from './csv-button'
import { groupOptions, isNameGroup, useGroup } from './group'
import { METRICS } from './metric'
import { Ranking } from './ranking'
import { RunningChart } from './running-chart'
import { UsageChart } from './usage-chart'
import { useChoice } from './use-choice'

const INTERVALS = [
  { value: 'day', label: 'Days' },
  { value: 'hour', label: 'Hours' },
  { value: 'total', label: 'Running total' },
] as const

type TrendCardProps = { usage: Usage; isCurrent: boolean; comparison?: Comparison | undefined }

export function TrendCard({ usage, isCurrent, comparison }: TrendCardProps) {
  const [group, setGroup] = useGroup('chart', 'none')
  // As it was at first: a price that comes later must not change the chart under its reader.
  const [usual] = useState(() => firstMetric(usage))
  const [metric, setMetric] = useChoice('metric', METRICS, usual)
  // Running totals are those of all usage.
  const intervals = group === 'none' ? INTERVALS : INTERVALS.slice(0, 2)
  const [interval, setInterval] = useChoice('interval', intervals, 'day')
  const view: ChartView = useMemo(
    () => ({ granularity: interval === 'hour' ? 'hour' : 'day', group, metric }),
    [interval, group, metric],
  )
  return (
    <Card
      title="Usage over time"
      actions={
        <>
          <Segmented label="Metric" size="sm" options={METRICS} value={metric} onChange={setMetric} />
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
              options={intervals}
              value={interval}
              onChange={setInterval}
            />
          )}
          <CsvButton usage={usage} isCurrent={isCurrent} view={view} />
        </>
      }
    >
      <div className="grid grid-cols-[minmax(0,1fr)] gap-x-8 gap-y-5 lg:grid-cols-[minmax(0,1fr)_17rem]">
        {interval === 'total' ? (
          <RunningChart usage={usage} comparison={comparison} metric={metric} />
        ) : (
          <UsageChart usage={usage} isCurrent={isCurrent} view={view} comparison={comparison} />
        )}
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
