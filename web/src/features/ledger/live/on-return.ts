/** Call `act` when the page is seen again or the network returns. Returns a function that stops. */
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
