// When the reader comes back to the page, or the browser to the network.
import { useSyncExternalStore } from 'react'

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

/** Whether the browser has a network. */
export function useOnline(): boolean {
  return useSyncExternalStore(subscribeToOnline, () => navigator.onLine)
}

function subscribeToOnline(change: () => void): () => void {
  window.addEventListener('online', change)
  window.addEventListener('offline', change)
  return () => {
    window.removeEventListener('online', change)
    window.removeEventListener('offline', change)
  }
}
