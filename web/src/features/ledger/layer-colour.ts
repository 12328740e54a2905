// Which colour a layer of the chart has: by its rank, the same in the plot, its legend and the ranking.
const COLOURS = 8

/** The colour of the layer at a place; the eighth is for what is left. */
export function layerColour(index: number): string {
  return `var(--chart-${Math.min(index, COLOURS - 1) + 1})`
}
