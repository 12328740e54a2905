// Reads counter documents as they come from Firestore: what each series counted within the period's hours.

/** Metric name to its sum, in the metric's own unit (tokens, milliseconds, nano-USD); a metric that is zero is absent. */
export type Totals = Map<string, bigint>

/** A row of a breakdown: the usage of one model at one provider. */
export type SeriesTotals = { provider: string; model: string; totals: Totals }

/** Rows by `seriesKey`. */
export type Rows = Map<string, SeriesTotals>

/** Which hours count: instants in milliseconds, [start, end). */
export type Hours = { start_ms: number; end_ms: number }

const OTHER = 'other'
const SEPARATOR = '|'
const EMPTY = '%'
const HOUR_MS = 3_600_000

/** A key that no two series share, whatever their names hold. */
export function seriesKey(provider: string, model: string): string {
  return JSON.stringify([provider, model])
}

/** The key of the row that holds what a document had no room for. */
export const OTHER_KEY = seriesKey(OTHER, OTHER)

/** The UTC day that a counter's id begins with: "20261122.0" counts for 2026-11-22. */
export function dayOfCounter(id: string): string {
  return `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}`
}

/** The rows of the counter document `id`, summed over those of its hours that lie in `within`. Ignores what is no counter. */
export function decodeCounter(id: string, document: unknown, within: Hours): Rows {
  const midnight_ms = Date.parse(`${dayOfCounter(id)}T00:00:00Z`)
  const rows: Rows = new Map()
  for (const [hour, series] of entriesOf(isMap(document) ? document.hours : null)) {
    const at_ms = midnight_ms + Number(hour) * HOUR_MS
    if (at_ms >= within.start_ms && at_ms < within.end_ms) addHour(rows, series)
  }
  return rows
}

function addHour(rows: Rows, hour: unknown) {
  for (const [key, metrics] of entriesOf(hour)) {
    const [provider, model] = decodeSeries(key)
    addTo(rows, { provider, model, totals: decodeTotals(metrics) })
  }
}

/** The provider and the model that a series' map key was made of: the inverse of the recorder's escaping. */
export function decodeSeries(key: string): [provider: string, model: string] {
  if (key === OTHER) return [OTHER, OTHER]
  const [provider = '', model = ''] = key.split(SEPARATOR)
  return [decodeKey(provider), decodeKey(model)]
}

function decodeKey(text: string): string {
  // A lone "%" stands for an empty name; every other "%" is followed by two hexadecimal digits.
  return text === EMPTY
    ? ''
    : text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}

function decodeTotals(metrics: unknown): Totals {
  const totals: Totals = new Map()
  for (const [metric, amount] of entriesOf(metrics)) {
    if (typeof amount === 'number' && Number.isInteger(amount) && amount !== 0)
      totals.set(metric, BigInt(amount))
  }
  return totals
}

/** Add a row to `rows`, in place. */
export function addTo(rows: Rows, { provider, model, totals }: SeriesTotals) {
  const key = seriesKey(provider, model)
  const row = rows.get(key) ?? { provider, model, totals: new Map<string, bigint>() }
  rows.set(key, row)
  addTotals(row.totals, totals)
}

/** Add `delta` to `into`, in place. */
export function addTotals(into: Totals, delta: Totals) {
  for (const [metric, amount] of delta) into.set(metric, (into.get(metric) ?? 0n) + amount)
}

/** The sum of rows. */
export function sumOf(rows: Rows): Totals {
  const sum: Totals = new Map()
  for (const { totals } of rows.values()) addTotals(sum, totals)
  return sum
}

function entriesOf(value: unknown): [string, unknown][] {
  return isMap(value) ? Object.entries(value) : []
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
