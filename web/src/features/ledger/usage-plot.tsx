// The chart itself. Loaded after the page, because Recharts is larger than all of it.
import {
  Area,
  AreaChart,
  Bar,
  CartesianGrid,
  ComposedChart,
  Line,
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
import { axisOf } from './chart-ticks'
import type { DaysBefore } from './days-before'
import { MeasureText } from './measure-text'
import { formatMeasure, type Metric } from './metric'

type PlotProps = {
  chart: Chart
  /** The days of the previous period, drawn as a dashed line. */
  before: DaysBefore
  granularity: Granularity
  metric: Metric
  zone: string
  links: ChartLinks
}

const TICK = { fill: 'var(--ink-faint)', fontSize: 12 }
/** Layers differ without colour: what lies behind the chart shows between them. */
const GAP = { stroke: 'var(--surface)', strokeWidth: 1 }
const MARGIN = { top: 8, right: 4, bottom: 0, left: 0 }

export function UsagePlot({ chart, before, granularity, metric, zone, links }: PlotProps) {
  const navigate = useNavigate()
  const { layers } = chart
  const Plot = granularity === 'day' ? ComposedChart : AreaChart
  const axis = axisOf(topOf(chart, before), metric)
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
        <YAxis width={56} tick={TICK} tickLine={false} axisLine={false} {...axis} />
        <Tooltip
          isAnimationActive={false}
          cursor={{ fill: 'var(--sunken)', stroke: 'var(--line)' }}
          content={({ active, payload }) => {
            const step = payload[0]?.payload as Step | undefined
            return active && step ? (
              <StepDetails
                step={step}
                chart={chart}
                before={before}
                granularity={granularity}
                metric={metric}
              />
            ) : null
          }}
        />
        {layers.map((layer, index) =>
          granularity === 'day'
            ? dayBars(index, (step) => open(step, layers.length > 1 ? layer : undefined))
            : hourArea(index),
        )}
        {before.size > 0 && (
          <Line
            dataKey={(step: Step) => previousAt(step, before)}
            stroke="var(--ink)"
            strokeDasharray="4 3"
            strokeWidth={1.5}
            dot={false}
            activeDot={false}
            isAnimationActive={false}
          />
        )}
      </Plot>
    </ResponsiveContainer>
  )
}

// Layers are found by their place: a name may hold dots and brackets, which Recharts reads as a path.
const valueAt = (index: number) => (step: Step) => Number(step.sums[index]?.value ?? 0n)

/** The largest of what is drawn. */
function topOf(chart: Chart, before: DaysBefore): bigint {
  const peak = peakOf(chart)
  const values = chart.steps.map(({ label }) => before.get(label)?.sum.value ?? 0n)
  return values.reduce((top, value) => (value > top ? value : top), peak ? sumOfStep(peak).value : 0n)
}

function previousAt({ label }: Step, before: DaysBefore): number | null {
  const day = before.get(label)
  return day ? Number(day.sum.value) : null
}

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
  before,
  granularity,
  metric,
}: Omit<PlotProps, 'zone' | 'links'> & { step: Step }) {
  const previous = before.get(step.label)
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
      {previous && (
        <p className="mt-1 flex justify-between gap-4 text-ink-soft">
          <span>Previous period, {stepName(previous.label, granularity)}</span>
          <span className="tabular-nums">{formatMeasure(previous.sum, metric)}</span>
        </p>
      )}
    </div>
  )
}
