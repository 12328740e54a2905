// The running total itself. Loaded after the page, as the other chart.
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'

import type { Sum } from '@/lib/cost'

import { stepName } from './chart-text'
import { axisOf } from './chart-ticks'
import { formatMeasure, type Metric } from './metric'
import { topOf, type Running, type RunningDay } from './running-rows'

const TICK = { fill: 'var(--ink-faint)', fontSize: 12 }
const MARGIN = { top: 8, right: 4, bottom: 0, left: 0 }
const COLOURS = { Alert: 'var(--warn)', Limit: 'var(--danger)' } as const

type RunningPlotProps = { running: Running; metric: Metric; zone: string }

export function RunningPlot({ running, metric, zone }: RunningPlotProps) {
  const top = topOf(running)
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart data={running.days} accessibilityLayer={false} margin={MARGIN}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="label"
          tickFormatter={(label: string) => stepName(label, 'day')}
          label={{ value: `Time zone: ${zone}`, position: 'insideBottomRight', offset: 0, ...TICK }}
          height={44}
          tick={TICK}
          tickLine={false}
          axisLine={{ stroke: 'var(--line)' }}
          minTickGap={28}
        />
        <YAxis width={56} {...axisOf(top, metric)} tick={TICK} tickLine={false} axisLine={false} />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--line)' }}
          content={({ active, payload }) => {
            const day = payload[0]?.payload as RunningDay | undefined
            return active && day ? <DayDetails day={day} metric={metric} /> : null
          }}
        />
        <Area
          dataKey={valueOf('sum')}
          stroke="var(--chart-1)"
          strokeWidth={2}
          fill="var(--accent-soft)"
          isAnimationActive={false}
        />
        <Line dataKey={valueOf('before')} stroke="var(--ink)" strokeDasharray="4 3" {...PLAIN} />
        <Line
          dataKey={valueOf('forecast')}
          stroke="var(--chart-1)"
          strokeDasharray="1 4"
          connectNulls
          {...PLAIN}
        />
        {running.lines
          .filter(({ value }) => value <= top)
          .map(({ label, value }) => (
            <ReferenceLine
              key={label}
              y={Number(value)}
              stroke={COLOURS[label]}
              label={{ value: label, position: 'insideTopLeft', ...TICK }}
            />
          ))}
      </ComposedChart>
    </ResponsiveContainer>
  )
}

const PLAIN = { strokeWidth: 1.5, dot: false, activeDot: false, isAnimationActive: false } as const

const valueOf = (line: 'sum' | 'before' | 'forecast') => (day: RunningDay) => {
  const sum = day[line]
  return sum ? Number(sum.value) : null
}

function DayDetails({ day, metric }: { day: RunningDay; metric: Metric }) {
  return (
    <div className="max-w-64 rounded-lg border border-line bg-raised px-3 py-2 text-xs shadow-float">
      <p className="font-semibold text-ink">{stepName(day.label, 'day')}</p>
      <Detail label="Total" sum={day.sum} metric={metric} />
      <Detail label="Previous period" sum={day.before} metric={metric} />
    </div>
  )
}

function Detail({ label, sum, metric }: { label: string; sum: Sum | null; metric: Metric }) {
  if (!sum) return null
  return (
    <p className="flex justify-between gap-4 text-ink-soft">
      <span>{label}</span>
      <span className="tabular-nums">{formatMeasure(sum, metric)}</span>
    </p>
  )
}
