// A limit in words.
import { formatInteger } from './format'

/** The largest limit; the API says that it means unlimited. */
const UNLIMITED = 2 ** 53

/** A plan's limit, which is null if it is unlimited, as the limits of a tenant have it. */
export function limitOf(limit: number | null): number {
  return limit ?? UNLIMITED
}

export function isLimited(limit: number): boolean {
  return limit !== UNLIMITED
}

/** The number as `format` writes it, or "unlimited". */
export function limitText(limit: number, format: (value: number) => string = formatInteger): string {
  return limit === UNLIMITED ? 'unlimited' : format(limit)
}
