export type SortValue = number | bigint | string | null

export type Sort = { key: string; descending: boolean }

const TEXT = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/** The rows in order of a value; rows without one come last in either direction, equal rows stay as they were. */
export function sorted<Row>(
  rows: readonly Row[],
  valueOf: (row: Row) => SortValue,
  descending: boolean,
): Row[] {
  const keyed = rows.map((row) => ({ row, value: valueOf(row) }))
  keyed.sort((a, b) => compare(a.value, b.value, descending))
  return keyed.map(({ row }) => row)
}

function compare(a: SortValue, b: SortValue, descending: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  const ascending =
    typeof a === 'string' || typeof b === 'string'
      ? TEXT.compare(String(a), String(b))
      : a < b
        ? -1
        : Number(a > b)
  return descending ? -ascending : ascending
}
