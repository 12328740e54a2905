// Says that the browser is offline, for as long as it is.
import { WifiOff } from 'lucide-react'
import { useSyncExternalStore } from 'react'

export function OfflineBanner() {
  const online = useSyncExternalStore(subscribe, () => navigator.onLine)
  return (
    <div role="status">
      {!online && (
        <p className="flex items-center justify-center gap-2 bg-warn-soft px-4 py-2 text-center text-warn-text">
          <WifiOff aria-hidden className="size-4 shrink-0" />
          You are offline. What you see may be out of date, and nothing can be changed until you are back.
        </p>
      )}
    </div>
  )
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('online', listener)
  window.addEventListener('offline', listener)
  return () => {
    window.removeEventListener('online', listener)
    window.removeEventListener('offline', listener)
  }
}
