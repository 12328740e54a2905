// Formats numbers, money, durations and times.

const INTEGER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const COMPACT = new Intl.NumberFormat('en-US', {
  notation: 'compact',
  maximumSignificantDigits: 3,
  roundingMode: 'trunc',
})
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/
const NANO = 1_000_000_000n
const CENT_NANO = NANO / 100n

/** A count with separators: 1,234,567. */
export function formatInteger(value: number | bigint): string {
  return INTEGER.format(value)
}

/** A count in three digits and a unit: 1.24M. Cut, never rounded up to a limit; `formatInteger` belongs beside it, as the title. */
export function formatCompact(value: number | bigint): string {
  return COMPACT.format(value)
}

/** Nano-USD of an amount as the API writes it ("12.345678900"); what is finer than a nano is cut. Throws on anything else. */
export function nanoUsdOf(decimal: string): bigint {
  const [, sign, whole, fraction] = DECIMAL.exec(decimal) ?? []
  if (whole === undefined) throw new Error(`not a decimal amount: "${decimal}"`)
  const nano = BigInt(whole) * NANO + BigInt((fraction ?? '').padEnd(9, '0').slice(0, 9))
  return sign === '-' ? -nano : nano
}

/** The amount of nano-USD as the API would write it: "12.345678900". */
export function decimalUsdOf(nanoUsd: bigint): string {
  const digits = magnitude(nanoUsd).toString().padStart(10, '0')
  return `${nanoUsd < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`
}

/** An amount to read: cents from $1 up, up to four decimals below, every digit below a cent. Rounds half up. */
export function formatUsd(decimal: string): string {
  const nano = nanoUsdOf(decimal)
  const size = magnitude(nano)
  if (size < CENT_NANO) return dollars(nano, size)
  return dollars(nano, roundTo(size, size < NANO ? 4 : 2))
}

/** An amount that is a lower bound: cut and never rounded up, with every digit below a hundredth of a cent. */
export function formatUsdFloor(decimal: string): string {
  const nano = nanoUsdOf(decimal)
  const size = magnitude(nano)
  if (size < CENT_NANO / 100n) return dollars(nano, size)
  const step = size < NANO ? CENT_NANO / 100n : CENT_NANO
  return dollars(nano, size - (size % step))
}

/** An amount with every digit that it has, for titles and exact figures: $12.3456789. */
export function formatUsdExact(decimal: string): string {
  const nano = nanoUsdOf(decimal)
  return dollars(nano, magnitude(nano))
}

function magnitude(nano: bigint): bigint {
  return nano < 0n ? -nano : nano
}

function roundTo(nano: bigint, decimals: number): bigint {
  const step = 10n ** BigInt(9 - decimals)
  return ((nano + step / 2n) / step) * step
}

function dollars(signed: bigint, size: bigint): string {
  const fraction = (size % NANO).toString().padStart(9, '0').replace(/0+$/, '').padEnd(2, '0')
  return `${signed < 0n ? '-' : ''}$${INTEGER.format(size / NANO)}.${fraction}`
}

/** A percentage with one decimal, cut and never rounded up: 99.96 has not reached 100%. */
export function formatPercent(percent: number): string {
  if (percent > 0 && percent < 0.1) return '< 0.1%'
  const tenths = Math.trunc(Number((percent * 10).toFixed(6)))
  return `${(tenths / 10).toLocaleString('en-US')}%`
}

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A length of time in its two largest units: 850 ms, 12.3 s, 4 min 12 s, 2 h 5 min, 3 d 4 h. */
export function formatDuration(duration_ms: number): string {
  if (duration_ms < SECOND_MS) return `${Math.round(duration_ms)} ms`
  if (duration_ms < MINUTE_MS) return `${Math.floor(duration_ms / 100) / 10} s`
  const [large_ms, large, small_ms, small] =
    duration_ms < HOUR_MS
      ? ([MINUTE_MS, 'min', SECOND_MS, 's'] as const)
      : duration_ms < DAY_MS
        ? ([HOUR_MS, 'h', MINUTE_MS, 'min'] as const)
        : ([DAY_MS, 'd', HOUR_MS, 'h'] as const)
  const rest = Math.floor((duration_ms % large_ms) / small_ms)
  const head = `${INTEGER.format(Math.floor(duration_ms / large_ms))} ${large}`
  return rest === 0 ? head : `${head} ${rest} ${small}`
}

/** A text as the beginning of a sentence. */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

type InstantLike = string | number | Date

const DAY = { day: 'numeric', month: 'short', year: 'numeric' } as const
const CLOCK = { hour: '2-digit', minute: '2-digit' } as const

/** Day and minute with the zone's name, in the reader's zone unless one is given: 28 Nov 2026, 14:05 CET. */
export function formatInstant(instant: InstantLike, timeZone?: string): string {
  return inZone({ ...DAY, ...CLOCK, timeZoneName: 'short' }, timeZone).format(new Date(instant))
}

/** As `formatInstant`, with seconds: for titles and timelines. */
export function formatInstantExact(instant: InstantLike, timeZone?: string): string {
  return inZone({ ...DAY, ...CLOCK, second: '2-digit', timeZoneName: 'short' }, timeZone).format(
    new Date(instant),
  )
}

/** The day of an instant: 28 Nov 2026. For a calendar date ("2026-11-28") pass the zone "UTC". */
export function formatDay(instant: InstantLike, timeZone?: string): string {
  return inZone(DAY, timeZone).format(new Date(instant))
}

/** The calendar date of an instant in a time zone: "2026-11-28". */
export function dateIn(instant: InstantLike, timeZone: string): string {
  // Swedish writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat('sv-SE', { timeZone }).format(new Date(instant))
}

/** The clock time of an instant: 14:05. */
export function formatTime(instant: InstantLike, timeZone?: string): string {
  return inZone(CLOCK, timeZone).format(new Date(instant))
}

function inZone(options: Intl.DateTimeFormatOptions, timeZone: string | undefined): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', {
    ...options,
    hourCycle: 'h23',
    ...(timeZone === undefined ? {} : { timeZone }),
  })
}

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const RELATIVE_UNITS = [
  ['day', DAY_MS],
  ['hour', HOUR_MS],
  ['minute', MINUTE_MS],
] as const

/** How far an instant is from now, in its largest whole unit: "2 minutes ago", "in 3 days", "just now" within a minute. */
export function formatRelative(instant: InstantLike, now: InstantLike): string {
  const distance_ms = new Date(instant).getTime() - new Date(now).getTime()
  const unit = RELATIVE_UNITS.find(([, length_ms]) => Math.abs(distance_ms) >= length_ms)
  if (unit === undefined) return distance_ms > 0 ? 'in under a minute' : 'just now'
  return RELATIVE.format(Math.trunc(distance_ms / unit[1]), unit[0])
}
