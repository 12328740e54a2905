// The initials of a person or a tenant, where there is no picture. Only decorates: the name stands beside it.
import { cx } from './cx'

export function Avatar({ name, square = false }: { name: string; square?: boolean }) {
  return (
    <span
      aria-hidden
      className={cx(
        'inline-flex size-7 shrink-0 items-center justify-center bg-accent-soft text-xs font-semibold text-accent-text select-none',
        square ? 'rounded-md' : 'rounded-full',
      )}
    >
      {initials(name)}
    </span>
  )
}

/** First and last word's first letter; of an address, what stands before the @. */
function initials(name: string): string {
  const words = (name.split('@')[0] ?? '').split(/[\s._-]+/).filter(Boolean)
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map(
    (word) => Array.from(word ?? '')[0] ?? '',
  )
  return letters.join('').toUpperCase() || '?'
}
