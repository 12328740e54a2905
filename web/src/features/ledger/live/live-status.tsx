import { LiveIndicator } from '@/components/live-indicator'

export type LiveState = 'connecting' | 'live' | 'offline' | 'denied' | 'failed'

const WORDS = {
  connecting: { shown: 'connecting', why: 'Connecting to live updates.' },
  live: { shown: 'live', why: 'Figures update as events are recorded.' },
  offline: { shown: 'offline', why: 'You are offline. Figures update once you are back online.' },
  denied: { shown: 'paused', why: 'Your access changed, so live updates stopped.' },
  failed: {
    shown: 'paused',
    why: 'Live updates are unavailable. Figures update when you return to this page.',
  },
} as const

export function LiveStatus({ state }: { state: LiveState }) {
  const { shown, why } = WORDS[state]
  return (
    // As wide as its longest word, so that nothing beside it moves when it is connected.
    <div data-live-state={state} className="min-w-21">
      <LiveIndicator state={shown} detail={why} />
      {shown !== 'live' && shown !== 'connecting' && (
        <p className="mt-1 text-xs text-ink-faint max-lg:sr-only">{why}</p>
      )}
    </div>
  )
}
