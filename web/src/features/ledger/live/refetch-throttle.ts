// Limits refetches to one a second, with the first at once and one after the last change.

const SPACING_MS = 1_000

export type RefetchThrottle = {
  /** Something changed. A hidden page asks later. */
  changed: () => void
  /** Ask now, whatever is under way. */
  now: () => void
  /** Ask for what changed while the page was hidden. */
  resume: () => void
  /** Forget pending changes. */
  stop: () => void
}

/** `ask` must cancel its previous request, so that responses arrive in order. */
export function newRefetchThrottle(ask: () => Promise<unknown>): RefetchThrottle {
  let isWanted = false
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Counts the requests: only the end of the last one matters. */
  let count = 0
  let isAsking = false

  const rest = () => {
    clearTimeout(timer)
    timer = undefined
  }
  const now = () => {
    isWanted = false
    isAsking = true
    rest()
    timer = setTimeout(() => {
      rest()
      resume()
    }, SPACING_MS)
    const own = (count += 1)
    const end = () => {
      if (own !== count) return
      isAsking = false
      resume()
    }
    ask().then(end, end)
  }
  const resume = () => {
    if (isWanted && !isAsking && timer === undefined && document.visibilityState !== 'hidden') now()
  }
  const changed = () => {
    isWanted = true
    resume()
  }
  const stop = () => {
    isWanted = false
    isAsking = false
    count += 1
    rest()
  }
  return { changed, now, resume, stop }
}
