import { useSyncExternalStore, type RefObject } from 'react'

/** Rows are put in and out in portions of this height, so that few scroll events render anything. */
const PORTION_PX = 800
/** The tallest screen that is always full of rows. */
const REACH_PX = 2800

export type Placed = { top: number; height: number }

/** Return the range [first, last) of the rows near the screen; `rows` lie in `list` from top to bottom. */
export function useRowWindow(list: RefObject<HTMLElement | null>, rows: readonly Placed[]): [number, number] {
  const portion = useSyncExternalStore(subscribe, () => {
    const top = list.current?.getBoundingClientRect().top ?? 0
    return Math.max(0, Math.floor(-top / PORTION_PX))
  })
  const start = portion * PORTION_PX
  return [rowBelow(rows, start - PORTION_PX), rowBelow(rows, start + REACH_PX)]
}

/** The first row that ends below `y`. */
function rowBelow(rows: readonly Placed[], y: number): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const row = rows[middle]
    if (row && row.top + row.height <= y) low = middle + 1
    else high = middle
  }
  return low
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener('scroll', onChange, { passive: true })
  window.addEventListener('resize', onChange)
  return () => {
    window.removeEventListener('scroll', onChange)
    window.removeEventListener('resize', onChange)
  }
}
