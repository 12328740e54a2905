// Light, dark, or as the system has it.
import { Monitor, Moon, Sun } from 'lucide-react'

import { Segmented } from './segmented'
import { chooseTheme, useTheme } from './theme'

const CHOICES = [
  { value: 'light', label: 'Light', icon: Sun },
  { value: 'dark', label: 'Dark', icon: Moon },
  { value: 'system', label: 'As the system', icon: Monitor },
] as const

export function ThemeToggle() {
  return (
    <Segmented
      label="Theme"
      size="sm"
      iconsOnly
      options={CHOICES}
      value={useTheme()}
      onChange={chooseTheme}
    />
  )
}
