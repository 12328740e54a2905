// Paces the requests that listeners cause: what happens together asks once, and never oftener than every ten seconds.

/** The shortest time between two requests. */
const SPACING_MS = 10_000
/** What is recorded together arrives together: one request for all of it. */
const SETTLE_MS = 250

export type Renewal = {
  /** Ask at once. */
  now: () => void
  /** Ask after a moment, or once the distance to the last time is large enough. */
  soon: () => void
  /** Ask no more for what happened until now. */
  stop: () => void
}

export function newRenewal(ask: () => void): Renewal {
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked_ms = -Infinity
  const stop = () => {
    clearTimeout(timer)
    timer = undefined
  }
  const now = () => {
    stop()
    asked_ms = Date.now()
    ask()
  }
  const soon = () => {
    timer ??= setTimeout(now, Math.max(SETTLE_MS, asked_ms + SPACING_MS - Date.now()))
  }
  return { now, soon, stop }
}
