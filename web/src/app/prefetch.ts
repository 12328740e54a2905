// Loads the scripts of pages before somebody opens them.
import type { RouteObject } from 'react-router'

/** Load the pages of `routes` one after the other, whenever the browser is idle. */
export function prefetchWhenIdle(routes: readonly RouteObject[]) {
  const loads = loadsOf(routes)
  const loadNext = () => {
    const load = loads.shift()
    // A page that fails to load now is loaded again when it is opened.
    if (load)
      requestIdleCallback(
        () =>
          void load()
            .catch(() => undefined)
            .then(loadNext),
      )
  }
  // Without it, as in Safari, each page is loaded when it is opened.
  if ('requestIdleCallback' in window) loadNext()
}

function loadsOf(routes: readonly RouteObject[]): (() => Promise<unknown>)[] {
  return routes.flatMap(({ lazy, children = [] }) => [
    ...(typeof lazy === 'function' ? [lazy] : []),
    ...loadsOf(children),
  ])
}
