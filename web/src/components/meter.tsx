// Usage of a limit. Past the limit the scale grows, so 130% does not look like 100%.
import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'

import { formatPercent } from '@/lib/format'

import { cx } from './cx'
import { SOLID } from './tone'

/** Below the thresholds, past the one that alerts, or past the one that blocks. */
export type Level = 'within' | 'soft' | 'hard'

type MeterProps = {
  label: string
  level: Level
  /** The true percentage of the limit; may exceed 100. */
  percent: number
  /** The part of the limit that runs in progress have reserved, in percent. */
  heldPercent?: number
  /** Null where nothing alerts. */
  softPercent?: number | null
  hardPercent?: number
  /** The figures beside the label, such as "1.2M of 2M". */
  detail?: ReactNode
  /** Said after the percentage, such as "1,200,000 of 2,000,000 tokens". */
  valueText?: string
}

const TONES = { within: 'accent', soft: 'warn', hard: 'danger' } as const

export function Meter({
  label,
  level,
  percent,
  heldPercent = 0,
  softPercent = 80,
  hardPercent = 100,
  detail,
  valueText,
}: MeterProps) {
  const scale = Math.max(100, hardPercent, percent)
  const heldTo = Math.min(percent + heldPercent, scale)
  const tone = TONES[level]
  return (
    <div className="min-w-0">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <span className="font-medium text-ink">{label}</span>
        <span className="text-ink-soft tabular-nums">{detail}</span>
      </div>
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={scale}
        aria-valuenow={percent}
        aria-valuetext={[spoken(percent, hardPercent), valueText].filter(Boolean).join(', ')}
        className="relative mt-2 h-2.5"
      >
        <div className="absolute inset-0 overflow-hidden rounded-full bg-sunken forced-colors:border">
          <Fill from={0} to={Math.min(percent, hardPercent)} scale={scale} className={SOLID[tone]} />
          {percent > hardPercent && (
            <Fill from={hardPercent} to={percent} scale={scale} className={cx(SOLID.danger, 'hatched')} />
          )}
          {heldTo > percent && <Fill from={percent} to={heldTo} scale={scale} className="striped" />}
        </div>
        {softPercent !== null && softPercent <= scale && <Mark at={softPercent} scale={scale} />}
        {hardPercent < scale && <Mark at={hardPercent} scale={scale} strong />}
      </div>
      <div className="mt-1.5 flex items-baseline justify-between gap-3 text-xs text-ink-faint tabular-nums">
        <span
          className={cx(
            'inline-flex items-center gap-1 font-semibold',
            tone === 'danger' && 'text-danger-text',
            tone === 'warn' && 'text-warn-text',
          )}
        >
          {level !== 'within' && <TriangleAlert aria-hidden className="size-3 shrink-0" />}
          {formatPercent(percent)} used
        </span>
        <span>
          {level === 'hard'
            ? `Limit at ${formatPercent(hardPercent)}`
            : softPercent !== null && `Alert at ${formatPercent(softPercent)}`}
        </span>
      </div>
    </div>
  )
}

function spoken(percent: number, hardPercent: number): string {
  const used = `${formatPercent(percent)} used`
  return percent > hardPercent ? `${used}, ${formatPercent(percent - hardPercent)} over the limit` : used
}

type FillProps = { from: number; to: number; scale: number; className: string }

function Fill({ from, to, scale, className }: FillProps) {
  const style = { left: `${(from / scale) * 100}%`, width: `${((to - from) / scale) * 100}%` }
  return (
    <div
      style={style}
      className={cx(
        'absolute inset-y-0 transition-[width,left] duration-500 forced-color-adjust-none',
        className,
      )}
    />
  )
}

function Mark({ at, scale, strong = false }: { at: number; scale: number; strong?: boolean }) {
  const style = { left: `${(at / scale) * 100}%` }
  return (
    <div
      style={style}
      className={cx(
        'absolute -inset-y-1 w-0.5 -translate-x-1/2 rounded-full',
        strong ? 'bg-ink' : 'bg-control',
      )}
    />
  )
}
