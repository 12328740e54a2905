import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react'
import type { ReactNode } from 'react'

import type { Sum } from '@/lib/cost'

import { cx } from './cx'
import type { Sort, SortValue } from './table-sort'

export type Column<Row> = {
  key: string
  header: string
  /** Keeps the header for assistive technology only: for a column of buttons. */
  headerHidden?: boolean
  /** `decimals`: the most that a cost of the column has. */
  cell: (row: Row, decimals?: number) => ReactNode
  /** The cost that a cell shows. */
  cost?: (row: Row) => Sum
  /** Makes the column sortable by this value; null sorts last. */
  sortValue?: (row: Row) => SortValue
  /** "end" for figures. */
  align?: 'start' | 'end'
  /** Leaves the column out on narrower screens. */
  hideBelow?: 'sm' | 'md' | 'lg' | 'xl'
}

type HeadProps<Row> = {
  columns: readonly Column<Row>[]
  sort: Sort | undefined
  onSort: (sort: Sort) => void
}

export function TableHead<Row>({ columns, sort, onSort }: HeadProps<Row>) {
  return (
    <thead className="sticky top-0 z-10 bg-surface shadow-[inset_0_-1px_0_var(--line)]">
      <tr>
        {columns.map((column) => (
          <th
            key={column.key}
            scope="col"
            aria-sort={ariaSort(column, sort)}
            className={cx(cellLook(column), 'py-2 text-xs font-medium whitespace-nowrap text-ink-faint')}
          >
            {column.sortValue ? (
              <SortButton column={column} sort={sort} onSort={onSort} />
            ) : (
              <HeadText column={column} />
            )}
          </th>
        ))}
      </tr>
    </thead>
  )
}

/** Padding, alignment and visibility that the cells of a column share with its head. */
export function cellLook<Row>({ align, hideBelow }: Column<Row>): string {
  return cx(
    'px-3 first:ps-4 last:pe-4 sm:first:ps-5 sm:last:pe-5',
    align === 'end' ? 'text-end tabular-nums' : 'text-start',
    hideBelow === 'sm' && 'max-sm:hidden',
    hideBelow === 'md' && 'max-md:hidden',
    hideBelow === 'lg' && 'max-lg:hidden',
    hideBelow === 'xl' && 'max-xl:hidden',
  )
}

function ariaSort<Row>({ key, sortValue }: Column<Row>, sort: Sort | undefined) {
  if (!sortValue) return undefined
  if (sort?.key !== key) return 'none'
  return sort.descending ? 'descending' : 'ascending'
}

function HeadText<Row>({ column }: { column: Column<Row> }) {
  return <span className={column.headerHidden ? 'sr-only' : undefined}>{column.header}</span>
}

type SortButtonProps<Row> = { column: Column<Row>; sort: Sort | undefined; onSort: (sort: Sort) => void }

function SortButton<Row>({ column, sort, onSort }: SortButtonProps<Row>) {
  const active = sort?.key === column.key
  const Icon = active ? (sort.descending ? ArrowDown : ArrowUp) : ChevronsUpDown
  // Of figures people look for the largest first, of names for the first letter.
  const descending = active ? !sort.descending : column.align === 'end'
  return (
    <button
      type="button"
      onClick={() => onSort({ key: column.key, descending })}
      className={cx(
        '-mx-1 inline-flex min-h-6 items-center gap-1 rounded px-1 hover:text-ink',
        column.align === 'end' && 'flex-row-reverse',
        active && 'text-ink',
      )}
    >
      {column.header}
      <Icon aria-hidden className={cx('size-3 shrink-0', !active && 'opacity-60')} />
    </button>
  )
}
