import { Monitor, Moon, Sun } from 'lucide-react'

import { Segmented } from './segmented'
import { chooseTheme, useTheme } from './theme'

export const THEMES = [
  { value: 'light', label: 'Light', icon: Sun },
  { value: 'dark', label: 'Dark', icon: Moon },
  { value: 'system', label: 'System', icon: Monitor },
] as const

export function ThemeToggle() {
  return (
    <Segmented label="Theme" size="sm" iconsOnly options={THEMES} value={useTheme()} onChange={chooseTheme} />
  )
}
