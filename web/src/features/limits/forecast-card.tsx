import { CircleCheck, CircleHelp, OctagonAlert, TriangleAlert } from 'lucide-react'

import { Card } from '@/components/card'
import { cx } from '@/components/cx'
import type { Forecast, MetricForecast, Usage } from '@/lib/api/types'
import { costInWords, costOf, exactCostInWords } from '@/lib/cost'
import { formatCompact, formatInteger, formatUsdExact } from '@/lib/format'

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
      <h3 className={cx('flex items-center gap-2 text-xl leading-8 font-semibold tracking-tight', colour)}>
        <Icon aria-hidden className="size-5 shrink-0" />
        {headline}
      </h3>
      <p className="mt-1 text-ink-soft">{sentence}</p>
      {status && limits && forecast?.tokens && forecast.runs && (
        <dl className="mt-4 grid gap-1.5">
          <AtEnd label="Tokens at reset" forecast={forecast.tokens} limit={limits.tokens} />
          <AtEnd label="Runs at reset" forecast={forecast.runs} limit={limits.runs} />
          {limits.provider_cost_usd !== null && (
            <CostAtEnd forecast={forecast} limit_usd={limits.provider_cost_usd} />
          )}
        </dl>
      )}
    </Card>
  )
}

type AtEndProps = { label: string; forecast: MetricForecast; limit: number }

function AtEnd({ label, forecast: { at_end }, limit }: AtEndProps) {
  return (
    <Line
      label={label}
      text={`about ${formatCompact(at_end)}`}
      exact={formatInteger(at_end)}
      limit={limitText(limit, formatCompact)}
    />
  )
}

function CostAtEnd({ forecast, limit_usd }: { forecast: Forecast; limit_usd: string }) {
  const { cost_usd_at_end: cost_usd, cost_status } = forecast
  if (cost_usd === null || cost_status === null) return null
  const cost = costOf({ cost_usd, cost_status })
  const about = cost_status === 'complete' ? 'about ' : ''
  return (
    <Line
      label="Cost at reset"
      text={about + costInWords(cost)}
      exact={exactCostInWords(cost)}
      limit={formatUsdExact(limit_usd)}
    />
  )
}

type LineProps = { label: string; text: string; exact: string; limit: string }

function Line({ label, text, exact, limit }: LineProps) {
  return (
    // In one line: a forecast moves with every event, and must not push what is below it.
    <div className="flex items-baseline justify-between gap-x-3">
      <dt className="min-w-0 truncate text-ink-faint">{label}</dt>
      <dd className="whitespace-nowrap text-ink tabular-nums">
        <span title={exact}>{text}</span>
        <span className="text-ink-faint"> of {limit}</span>
      </dd>
    </div>
  )
}
