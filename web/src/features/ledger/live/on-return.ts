// When the reader comes back to the page, or the browser to the network.

/** Call `act` whenever either happens; gives what ends that. */
export function onReturn(act: () => void): () => void {
  const seen = () => document.visibilityState === 'visible' && act()
  window.addEventListener('focus', seen)
  window.addEventListener('online', act)
  document.addEventListener('visibilitychange', seen)
  return () => {
    window.removeEventListener('focus', seen)
    window.removeEventListener('online', act)
    document.removeEventListener('visibilitychange', seen)
  }
}
