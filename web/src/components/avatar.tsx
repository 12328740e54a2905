// Initials. Decorative: the name is always next to it. They are no text, so that what a button shows is what it is called.
import { cx } from './cx'

export function Avatar({ name, square = false }: { name: string; square?: boolean }) {
  return (
    <span
      aria-hidden
      data-initials={initials(name)}
      className={cx(
        'inline-flex size-7 shrink-0 items-center justify-center bg-accent-soft text-xs font-semibold text-accent-text select-none before:content-[attr(data-initials)]',
        square ? 'rounded-md' : 'rounded-full',
      )}
    />
  )
}

/** First letters of the first and last word; of an email, of its local part. */
function initials(name: string): string {
  const words = (name.split('@')[0] ?? '').split(/[\s._-]+/).filter(Boolean)
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map(
    (word) => Array.from(word ?? '')[0] ?? '',
  )
  return letters.join('').toUpperCase() || '?'
}
