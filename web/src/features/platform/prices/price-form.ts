// A price while it is typed: its way of stating amounts, and the amounts as lines.
import { PER_MILLION, PER_UNIT } from './price-text'

import type { Price } from '@/lib/api/types'

export type Way = 'amounts' | 'percent' | 'same_as'
/** `unit` is "per_million.input" or "per_unit.images". */
export type Line = { unit: string; usd: string }

export const UNIT_OPTIONS = [
  ...Object.entries(PER_MILLION).map(([kind, name]) => ({
    value: `per_million.${kind}`,
    label: `Million tokens: ${name}`,
  })),
  ...Object.entries(PER_UNIT).map(([kind, name]) => ({ value: `per_unit.${kind}`, label: `Each ${name}` })),
]

export function emptyPrice(given: Partial<Price> = {}): Price {
  return {
    tenant_id: null,
    provider: '',
    model: null,
    model_prefix: null,
    starts: new Date().toISOString().slice(0, 10),
    per_million: {},
    per_unit: {},
    percent: null,
    same_as: null,
    ...given,
  }
}

export function wayOf({ percent, same_as }: Price): Way {
  if (percent !== null) return 'percent'
  return same_as === null ? 'amounts' : 'same_as'
}

export function linesOf({ per_million, per_unit }: Price): Line[] {
  const lines = [
    ...Object.entries(per_million).map(([kind, usd]) => ({ unit: `per_million.${kind}`, usd })),
    ...Object.entries(per_unit).map(([kind, usd]) => ({ unit: `per_unit.${kind}`, usd })),
  ]
  return lines.length > 0
    ? lines
    : [
        { unit: 'per_million.input', usd: '' },
        { unit: 'per_million.output', usd: '' },
      ]
}

type Form = Record<string, string>

/** The price of a filled form. Lines without an amount are left out. */
export function priceOf(form: Form, way: Way, lines: readonly Line[]): Price {
  const name = (form.name ?? '').trim()
  const amounts = (table: string) =>
    Object.fromEntries(
      lines
        .filter(({ unit, usd }) => unit.startsWith(`${table}.`) && usd.trim() !== '')
        .map(({ unit, usd }) => [unit.slice(table.length + 1), usd.trim()]),
    )
  return {
    tenant_id: (form.tenant ?? '').trim() || null,
    provider: (form.provider ?? '').trim(),
    model: form.match === 'prefix' ? null : name,
    model_prefix: form.match === 'prefix' ? name : null,
    starts: form.starts ?? '',
    per_million: way === 'amounts' ? amounts('per_million') : {},
    per_unit: way === 'amounts' ? amounts('per_unit') : {},
    percent: way === 'percent' ? (form.percent ?? '').trim() : null,
    same_as: way === 'same_as' ? (form.same_as ?? '').trim() : null,
  }
}
