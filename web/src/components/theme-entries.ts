// The choice of a theme, as entries of a menu.
import { Monitor, Moon, Sun } from 'lucide-react'

import type { MenuEntry } from './menu'
import { chooseTheme, type Theme } from './theme'

const THEMES = [
  { theme: 'light', label: 'Light', icon: Sun },
  { theme: 'dark', label: 'Dark', icon: Moon },
  { theme: 'system', label: 'As the system', icon: Monitor },
] as const

/** Give the theme that applies now, from `useTheme()`. */
export function themeEntries(current: Theme): MenuEntry[] {
  const choices = THEMES.map(({ theme, label, icon }) => choice(theme, label, icon, theme === current))
  return [{ kind: 'label', text: 'Theme' }, ...choices]
}

function choice(
  theme: Theme,
  label: string,
  icon: (typeof THEMES)[number]['icon'],
  checked: boolean,
): MenuEntry {
  return { kind: 'action', label, icon, checked, onSelect: () => chooseTheme(theme) }
}
