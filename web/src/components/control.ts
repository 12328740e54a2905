// Shared style of inputs and selects. 16 px on touch screens, because browsers zoom in on smaller text.
export const CONTROL =
  'block w-full min-w-0 min-h-9 rounded-lg border border-control bg-surface text-sm text-ink shadow-card ' +
  'placeholder:text-ink-faint pointer-coarse:min-h-11 pointer-coarse:text-base ' +
  'focus-visible:outline-offset-0 focus-visible:border-accent-text ' +
  'aria-invalid:border-danger disabled:cursor-not-allowed disabled:opacity-60'
