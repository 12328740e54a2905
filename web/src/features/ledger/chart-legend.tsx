import type { ChartLinks } from './chart-links'
import { layerColour, type Layer } from './chart-rows'
import { ExplainLink } from '@/features/metering/explain-link'

/** The dashed line of the chart. */
export function DashedKey() {
  return (
    <p className="mt-2 flex items-center gap-1.5 text-xs text-ink-soft">
      <span aria-hidden className="w-5 border-t-2 border-dashed border-ink-faint" />
      Previous period
    </p>
  )
}

export function ChartLegend({ layers, links }: { layers: readonly Layer[]; links: ChartLinks }) {
  if (layers.length < 2) return null
  return (
    <ul aria-label="Legend" className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-xs text-ink-soft">
      {layers.map((layer, index) => (
        <li key={index} className="flex min-w-0 items-center gap-1.5">
          <span
            aria-hidden
            className="size-2.5 shrink-0 rounded-xs"
            style={{ background: layerColour(index) }}
          />
          <span title={layer.label} className="max-w-48 truncate">
            <ExplainLink to={links.ofLayer(layer)}>{layer.label}</ExplainLink>
          </span>
        </li>
      ))}
    </ul>
  )
}
