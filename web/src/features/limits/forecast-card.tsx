import { CircleCheck, CircleHelp, OctagonAlert, TriangleAlert } from 'lucide-react'

import { Card } from '@/components/card'
import { cx } from '@/components/cx'
import type { MetricForecast, Usage } from '@/lib/api/types'
import { formatCompact, formatInteger } from '@/lib/format'

import { forecastText, type ForecastText } from './forecast-text'
import { limitText } from '@/lib/limit-text'

const LOOKS: Record<ForecastText['tone'], { icon: typeof CircleCheck; colour: string }> = {
  ok: { icon: CircleCheck, colour: 'text-ok-text' },
  warn: { icon: TriangleAlert, colour: 'text-warn-text' },
  danger: { icon: OctagonAlert, colour: 'text-danger-text' },
  neutral: { icon: CircleHelp, colour: 'text-ink-soft' },
}

export function ForecastCard({ usage }: { usage: Usage }) {
  const { tone, headline, sentence } = forecastText(usage)
  const { icon: Icon, colour } = LOOKS[tone]
  const { forecast, limits, status } = usage
  return (
    <Card
      title="Forecast"
      {...(forecast?.tokens && {
        footer: `Based on ${forecast.basis_days} days with usage.`,
      })}
    >
      <p className={cx('flex items-center gap-2 text-xl leading-8 font-semibold tracking-tight', colour)}>
        <Icon aria-hidden className="size-5 shrink-0" />
        {headline}
      </p>
      <p className="mt-1 text-ink-soft">{sentence}</p>
      {status && limits && forecast?.tokens && forecast.runs && (
        <dl className="mt-4 grid gap-1.5">
          <AtEnd label="Tokens at reset" forecast={forecast.tokens} limit={limits.tokens} />
          <AtEnd label="Runs at reset" forecast={forecast.runs} limit={limits.runs} />
        </dl>
      )}
    </Card>
  )
}

type AtEndProps = { label: string; forecast: MetricForecast; limit: number }

function AtEnd({ label, forecast: { at_end }, limit }: AtEndProps) {
  return (
    // In one line: a forecast moves with every event, and must not push what is below it.
    <div className="flex items-baseline justify-between gap-x-3">
      <dt className="min-w-0 truncate text-ink-faint">{label}</dt>
      <dd className="whitespace-nowrap text-ink tabular-nums">
        <span title={formatInteger(at_end)}>about {formatCompact(at_end)}</span>
        <span className="text-ink-faint"> of {limitText(limit, formatCompact)}</span>
      </dd>
    </div>
  )
}
