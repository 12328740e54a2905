import { useMemo } from 'react'

import type { RunSteps } from './run-steps'

const COLUMNS = 160

/** How many steps were at work over the whole run: what overlaps is high, waiting is empty. */
export function Occupancy({ run }: { run: RunSteps }) {
  const columns = useMemo(() => columnsOf(run), [run])
  const highest = Math.max(1, ...columns)
  return (
    <svg
      role="img"
      aria-label={`Steps at work over time: at most ${run.mostAtOnce} at once`}
      viewBox={`0 0 ${COLUMNS} 100`}
      preserveAspectRatio="none"
      className="block h-8 w-full rounded-sm bg-sunken"
    >
      {columns.map((count, index) => (
        <rect
          key={index}
          x={index}
          width="1.05"
          y={100 - (count / highest) * 100}
          height={(count / highest) * 100}
          className="fill-chart-1"
        />
      ))}
    </svg>
  )
}

/** The mean number of steps at work in each column. */
function columnsOf({ steps, start, end }: RunSteps): number[] {
  const column_ms = (end - start) / COLUMNS
  const columns = new Array<number>(COLUMNS).fill(0)
  for (const step of steps) {
    let column = Math.floor((step.start - start) / column_ms)
    for (let from = step.start; from < step.end && column < COLUMNS; column += 1) {
      const to = Math.min(step.end, start + (column + 1) * column_ms)
      columns[column] = (columns[column] ?? 0) + (to - from) / column_ms
      from = to
    }
  }
  return columns
}
