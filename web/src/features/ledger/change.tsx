import type { Comparison } from '@/lib/api/types'
import { formatDay, formatPercent } from '@/lib/format'

import type { ShownComparison } from './use-comparison'

type ChangeProps = { comparison: Comparison | undefined; of: string }

/** The change of a figure: "+12.5%". Its line is kept while it loads, and where there is no change in percent. */
export function Change({ comparison, of }: ChangeProps) {
  const percent = comparison?.change_percent[of] ?? null
  if (percent === null) return '\u00a0'
  const sign = percent > 0 ? '+' : percent < 0 ? '−' : '±'
  return (
    <>
      {sign}
      {formatPercent(Math.abs(percent))} <span className="sr-only">against the period before</span>
    </>
  )
}

/** What the changes are against. Its line is kept while it loads. */
export function ComparedWith({ comparison }: { comparison: ShownComparison | undefined }) {
  return <p className="mt-4 text-xs text-ink-faint">{comparison ? against(comparison) : '\u00a0'}</p>
}

function against({ current, previous, zone }: ShownComparison): string {
  const [from, to] = [previous.from, Date.parse(previous.to) - 1]
  const isPart = Date.parse(previous.to) < Date.parse(current.from)
  const days = `${formatDay(from, zone)} – ${formatDay(to, zone)}`
  return `Changes are against ${days}${isPart ? ', as much of the previous period as has passed of this one' : ''}.`
}
