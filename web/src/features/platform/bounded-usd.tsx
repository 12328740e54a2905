// An amount of which more or less may be true: "≤ $1.23" is read out as "at most $1.23".
import { cx } from '@/components/cx'

import { boundedUsd, boundedUsdInWords, type Bound } from './margin'

const SIGNS: Record<Bound, string> = { exact: '', 'at least': '≥', 'at most': '≤', about: '≈' }

export function BoundedUsd({ usd, bound = 'exact' }: { usd: string; bound?: Bound }) {
  return (
    <span
      title={boundedUsdInWords(usd, bound)}
      className={cx('whitespace-nowrap', usd.startsWith('-') && 'text-danger-text')}
    >
      {bound !== 'exact' && (
        <>
          <span aria-hidden className="text-ink-faint">
            {SIGNS[bound]}
            {'\u00a0'}
          </span>
          <span className="sr-only">{bound} </span>
        </>
      )}
      {boundedUsd(usd, bound)}
    </span>
  )
}
