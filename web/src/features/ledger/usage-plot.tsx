// The chart itself. Loaded after the page, because Recharts is larger than all of it.
import {
  Area,
  AreaChart,
  Bar,
  BarChart,
  CartesianGrid,
  Tooltip,
  XAxis,
  YAxis,
  ResponsiveContainer,
} from 'recharts'
import { useNavigate } from 'react-router'

import type { Granularity } from '@/lib/api/types'
import { NOTHING } from '@/lib/cost'

import type { ChartLinks } from './chart-links'
import { layerColour, peakOf, sumOfStep, type Chart, type Layer, type Step } from './chart-rows'
import { stepName } from './chart-text'
import { formatTicks, ticksOf } from './chart-ticks'
import { MeasureText } from './measure-text'
import { formatMeasure, type Metric } from './metric'

type PlotProps = { chart: Chart; granularity: Granularity; metric: Metric; zone: string; links: ChartLinks }

const TICK = { fill: 'var(--ink-faint)', fontSize: 12 }
/** Layers are told apart without colour: what lies behind the chart shows between them. */
const GAP = { stroke: 'var(--surface)', strokeWidth: 1 }
const MARGIN = { top: 8, right: 4, bottom: 0, left: 0 }

export function UsagePlot({ chart, granularity, metric, zone, links }: PlotProps) {
  const navigate = useNavigate()
  const peak = peakOf(chart)
  const ticks = ticksOf(peak ? sumOfStep(peak).value : 0n)
  const marks = formatTicks(ticks, metric)
  const Plot = granularity === 'day' ? BarChart : AreaChart
  const open = (step: Step | undefined, layer?: Layer) => {
    const path = step && links.ofStep(step, layer)
    if (path !== undefined) void navigate(path)
  }
  return (
    <ResponsiveContainer width="100%" height="100%">
      <Plot
        data={chart.steps}
        accessibilityLayer={false}
        margin={MARGIN}
        barCategoryGap="18%"
        className="[&_.recharts-surface]:cursor-pointer"
        onClick={({ activeLabel }) => open(chart.steps.find(({ label }) => label === activeLabel))}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="label"
          tickFormatter={(label: string) => stepName(label.slice(0, 10), 'day')}
          label={{ value: `Time zone: ${zone}`, position: 'insideBottomRight', offset: 0, ...TICK }}
          height={44}
          tick={TICK}
          tickLine={false}
          axisLine={{ stroke: 'var(--line)' }}
          minTickGap={28}
        />
        <YAxis
          width={56}
          tick={TICK}
          tickLine={false}
          axisLine={false}
          ticks={ticks.map(Number)}
          domain={[0, Number(ticks.at(-1))]}
          interval={0}
          tickFormatter={(value: number) => marks[ticks.findIndex((tick) => Number(tick) === value)] ?? ''}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ fill: 'var(--sunken)', stroke: 'var(--line)' }}
          content={({ active, payload }) => {
            const step = payload[0]?.payload as Step | undefined
            return active && step ? (
              <StepDetails step={step} chart={chart} granularity={granularity} metric={metric} />
            ) : null
          }}
        />
        {chart.layers.map((layer, index) =>
          granularity === 'day' ? dayBars(index, (step) => open(step, layer)) : hourArea(index),
        )}
      </Plot>
    </ResponsiveContainer>
  )
}

// Layers are found by their place: a name may hold dots and brackets, which Recharts reads as a path.
const valueAt = (index: number) => (step: Step) => Number(step.sums[index]?.value ?? 0n)

function dayBars(index: number, onOpen: (step: Step | undefined) => void) {
  return (
    <Bar
      key={index}
      onClick={({ payload }, _, event) => {
        // The place of the bar, where another name may be, is not asked as well.
        event.stopPropagation()
        onOpen(payload as Step | undefined)
      }}
      dataKey={valueAt(index)}
      stackId="all"
      fill={layerColour(index)}
      {...GAP}
      maxBarSize={44}
      isAnimationActive={false}
    />
  )
}

function hourArea(index: number) {
  return (
    <Area
      key={index}
      dataKey={valueAt(index)}
      stackId="all"
      type="stepAfter"
      {...GAP}
      fill={layerColour(index)}
      fillOpacity={1}
      isAnimationActive={false}
    />
  )
}

function StepDetails({
  step,
  chart,
  granularity,
  metric,
}: Omit<PlotProps, 'zone' | 'links'> & { step: Step }) {
  return (
    <div className="max-w-64 rounded-lg border border-line bg-raised px-3 py-2 text-xs shadow-float">
      <p className="flex justify-between gap-4 font-semibold text-ink">
        <span>{stepName(step.label, granularity)}</span>
        <span className="tabular-nums">{formatMeasure(sumOfStep(step), metric)}</span>
      </p>
      {chart.layers.length > 1 && (
        <ul className="mt-1 grid gap-0.5 text-ink-soft">
          {chart.layers.map(({ label }, index) => (
            <li key={index} className="flex items-center gap-2">
              <span
                aria-hidden
                className="size-2 shrink-0 rounded-xs"
                style={{ background: layerColour(index) }}
              />
              <span className="min-w-0 flex-1 truncate">{label}</span>
              <span className="tabular-nums">
                <MeasureText sum={step.sums[index] ?? NOTHING} metric={metric} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
