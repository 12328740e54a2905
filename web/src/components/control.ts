// The look that text inputs and selects share. 16 px on touch screens, where less makes the browser zoom in.
export const CONTROL =
  'block w-full min-w-0 min-h-9 rounded-lg border border-control bg-surface text-sm text-ink shadow-card ' +
  'placeholder:text-ink-faint pointer-coarse:min-h-11 pointer-coarse:text-base ' +
  'focus-visible:outline-offset-0 focus-visible:border-accent-text ' +
  'aria-invalid:border-danger disabled:cursor-not-allowed disabled:opacity-60'
