// Remembers which tenant this browser showed last, so that the front door leads there.
const KEY = 'gwi.last-tenant'

/** The tenant shown last; null if none was, or the browser keeps nothing. */
export function lastTenant(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}

/** Remember the tenant that is shown. */
export function rememberTenant(tenant: string) {
  try {
    localStorage.setItem(KEY, tenant)
  } catch {
    // A browser that keeps nothing forgets this too.
  }
}
