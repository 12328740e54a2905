// The address of a run's page. Ids may hold slashes and percent signs, so the whole id is one escaped segment.

const RUN = /^\/t\/[^/]+\/runs\/(.*)$/

/** The page of a run. */
export function runPath(tenant: string, run: string): string {
  return `/t/${encodeURIComponent(tenant)}/runs/${encodeURIComponent(run)}`
}

/** The id in the path of a run's page; the router's own parameter would take an escaped "%2F" for a slash. */
export function runOf(pathname: string): string {
  const escaped = RUN.exec(pathname)?.[1] ?? ''
  try {
    return decodeURIComponent(escaped)
  } catch {
    // Typed by hand with a bare percent sign.
    return escaped
  }
}
