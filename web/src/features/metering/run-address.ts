// Run IDs may contain slashes and percent signs, so the whole ID is one escaped segment.

const RUN = /^\/(?:t|operator\/tenants)\/[^/]+\/runs\/(.*)$/
/** The parameter that names the event whose step is open. */
export const STEP = 'step'

export function runPath(tenant: string, run: string): string {
  return `/t/${encodeURIComponent(tenant)}/runs/${encodeURIComponent(run)}`
}

/** The page of a run with the step of this event open. */
export function stepPath(tenant: string, run: string, event: string): string {
  return `${runPath(tenant, run)}?${new URLSearchParams({ [STEP]: event }).toString()}`
}

/** Return the run ID; the router's parameter would decode "%2F" to a slash. */
export function runOf(pathname: string): string {
  const escaped = RUN.exec(pathname)?.[1] ?? ''
  try {
    return decodeURIComponent(escaped)
  } catch {
    // A bare percent sign, typed by hand.
    return escaped
  }
}

/** The page of the runs that began in an interval, the most costly first. */
export function costliestPath(tenant: string, from: string, to: string): string {
  const search = new URLSearchParams({ sort: 'cost', from, to })
  return `/t/${encodeURIComponent(tenant)}/runs?${search.toString()}`
}
