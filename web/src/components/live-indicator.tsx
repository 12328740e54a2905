import { cx } from './cx'

export type LiveState = 'live' | 'connecting' | 'offline' | 'paused'

const LOOKS: Record<LiveState, { label: string; dot: string }> = {
  live: { label: 'Live', dot: 'bg-ok' },
  connecting: { label: 'Connecting', dot: 'bg-warn animate-pulse' },
  offline: { label: 'Offline', dot: 'bg-danger' },
  paused: { label: 'Paused', dot: 'bg-control' },
}

export function LiveIndicator({ state, detail }: { state: LiveState; detail?: string | undefined }) {
  const { label, dot } = LOOKS[state]
  return (
    <span
      role="status"
      title={detail}
      data-live={state}
      className="inline-flex items-center gap-2 text-xs font-medium text-ink-soft"
    >
      <span aria-hidden className="relative inline-flex size-2">
        {state === 'live' && (
          // Not forever: an open page would be drawn sixty times a second.
          <span
            className={cx(
              'absolute inset-0 animate-ping rounded-full opacity-40 [animation-iteration-count:3] motion-reduce:hidden',
              dot,
            )}
          />
        )}
        <span className={cx('relative size-2 rounded-full forced-color-adjust-none', dot)} />
      </span>
      {label}
    </span>
  )
}
