// Colors with a meaning.
export type Tone = 'neutral' | 'accent' | 'ok' | 'warn' | 'danger' | 'info'

/** Text on its soft background, at 4.5:1 or more in both themes. */
export const SOFT: Record<Tone, string> = {
  neutral: 'bg-sunken text-ink-soft',
  accent: 'bg-accent-soft text-accent-text',
  ok: 'bg-ok-soft text-ok-text',
  warn: 'bg-warn-soft text-warn-text',
  danger: 'bg-danger-soft text-danger-text',
  info: 'bg-info-soft text-info-text',
}

/** A solid fill, 3:1 or more from the surface. */
export const SOLID: Record<Tone, string> = {
  neutral: 'bg-control',
  accent: 'bg-accent',
  ok: 'bg-ok',
  warn: 'bg-warn',
  danger: 'bg-danger',
  info: 'bg-info',
}
