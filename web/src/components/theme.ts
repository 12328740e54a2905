import { useSyncExternalStore } from 'react'

export type Theme = 'light' | 'dark' | 'system'

const KEY = 'gwi.theme'
const listeners = new Set<() => void>()

/** The stored choice; "system" if there is none or the browser stores nothing. */
export function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY)
    return stored === 'light' || stored === 'dark' ? stored : 'system'
  } catch {
    return 'system'
  }
}

/** Puts the stored choice on <html>, where the styles look for it. Call before the first render. */
export function applyStoredTheme(): void {
  show(storedTheme())
}

/** Applies a choice at once, and remembers it where the browser allows that. */
export function chooseTheme(theme: Theme): void {
  try {
    if (theme === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // Private windows may refuse storage: the choice then holds until the page is closed.
  }
  show(theme)
  for (const listener of listeners) listener()
}

/** The choice that applies now, kept current. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, shownTheme)
}

function show(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

function shownTheme(): Theme {
  const shown = document.documentElement.dataset.theme
  return shown === 'light' || shown === 'dark' ? shown : 'system'
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
