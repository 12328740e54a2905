// @vitest-environment jsdom
import { afterEach, expect, it } from 'vitest'

import { applyStoredTheme, chooseTheme, storedTheme } from './theme'

afterEach(() => chooseTheme('system'))

it('applies a choice at once and again at the next start', () => {
  chooseTheme('dark')
  expect(document.documentElement.dataset.theme).toBe('dark')
  delete document.documentElement.dataset.theme
  applyStoredTheme()
  expect(document.documentElement.dataset.theme).toBe('dark')
})

it('leaves the choice to the system where none is stored, or what is stored means nothing', () => {
  chooseTheme('system')
  expect(document.documentElement.dataset.theme).toBeUndefined()
  localStorage.setItem('gwi.theme', 'sepia')
  expect(storedTheme()).toBe('system')
  localStorage.clear()
})
