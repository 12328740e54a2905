import { WifiOff } from 'lucide-react'

import { useOnline } from '@/lib/online'

export function OfflineBanner() {
  const online = useOnline()
  return (
    <div role="status">
      {!online && (
        <p className="flex items-center justify-center gap-2 bg-warn-soft px-4 py-2 text-center text-warn-text">
          <WifiOff aria-hidden className="size-4 shrink-0" />
          You are offline. Figures may be out of date, and you cannot make changes.
        </p>
      )}
    </div>
  )
}
