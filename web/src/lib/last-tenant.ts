// Remembers the last tenant for the home page.

const KEY = 'gwi.last-tenant'

export function lastTenant(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}

export function rememberTenant(tenant: string) {
  try {
    localStorage.setItem(KEY, tenant)
  } catch {
    // Storage may be blocked.
  }
}
