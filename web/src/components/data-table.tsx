// A table that sorts, scrolls, links its rows, and stays fast with 10,000 of them.
import { useMemo, useState, type ReactNode } from 'react'
import { Link } from 'react-router'

import { decimalsOf } from '@/lib/cost'
import { formatInteger } from '@/lib/format'

import { Button } from './button'
import { cx } from './cx'
import { Skeleton } from './skeleton'
import { cellLook, TableHead, type Column } from './table-head'
import { sorted, type Sort } from './table-sort'

export type { Column }

type DataTableProps<Row> = {
  /** Accessible name. */
  caption: string
  /** The first column names the row, and carries its link. */
  columns: readonly Column<Row>[]
  /** Undefined while they load. */
  rows: readonly Row[] | undefined
  rowKey: (row: Row) => string
  /** A row without an address is no link. */
  href?: (row: Row) => string | undefined
  initialSort?: Sort
  /** Shown instead of rows when there are none. */
  empty?: ReactNode
  loadingRows?: number
  /** The query that has further rows on the server. */
  more?: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown }
}

const PAGE_ROWS = 50

export function DataTable<Row>(props: DataTableProps<Row>) {
  const { caption, columns, rows, initialSort, empty, loadingRows = 5, more } = props
  const [sort, setSort] = useState(initialSort)
  const [limit, setLimit] = useState(PAGE_ROWS)
  const ordered = useMemo(() => inOrder(rows, columns, sort), [rows, columns, sort])
  if (ordered?.length === 0 && empty !== undefined) return <>{empty}</>
  const shown = ordered?.slice(0, limit)
  const decimals = columns.map((column) => mostDecimals(column, shown))
  const hidden = (ordered?.length ?? 0) - limit
  const loadMore = () => {
    setLimit(limit + PAGE_ROWS)
    more?.fetchNextPage()
  }
  return (
    <div className="min-w-0" aria-busy={ordered === undefined}>
      <div
        role="region"
        // Not the caption alone: the card around it may be a region of that name.
        aria-label={`Table: ${caption}`}
        tabIndex={0}
        className="relative max-h-[min(40rem,75dvh)] overflow-auto overscroll-x-contain -outline-offset-2"
      >
        <table className="w-full border-collapse text-sm">
          <caption className="sr-only">{caption}</caption>
          <TableHead columns={columns} sort={sort} onSort={setSort} />
          <tbody className="divide-y divide-line">
            {shown === undefined
              ? Array.from({ length: loadingRows }, (_, index) => (
                  <LoadingRow key={index} columns={columns} />
                ))
              : shown.map((row) => (
                  <DataRow key={props.rowKey(row)} row={row} table={props} decimals={decimals} />
                ))}
          </tbody>
        </table>
      </div>
      {hidden > 0 ? (
        <More onPress={() => setLimit(limit + PAGE_ROWS)} text={`Show ${Math.min(PAGE_ROWS, hidden)} more`}>
          {formatInteger(limit)} of {formatInteger(limit + hidden)} rows
        </More>
      ) : (
        more?.hasNextPage && <More onPress={loadMore} loading={more.isFetchingNextPage} text="Load more" />
      )}
    </div>
  )
}

function inOrder<Row>(
  rows: readonly Row[] | undefined,
  columns: readonly Column<Row>[],
  sort: Sort | undefined,
) {
  const valueOf = columns.find(({ key }) => key === sort?.key)?.sortValue
  return rows && sort && valueOf ? sorted(rows, valueOf, sort.descending) : rows
}

function mostDecimals<Row>({ cost }: Column<Row>, rows: readonly Row[] = []): number {
  return cost ? Math.max(0, ...rows.map((row) => decimalsOf(cost(row)))) : 0
}

type DataRowProps<Row> = { row: Row; table: DataTableProps<Row>; decimals: readonly number[] }

function DataRow<Row>({ row, table, decimals }: DataRowProps<Row>) {
  const { columns } = table
  const href = table.href?.(row)
  return (
    <tr className={cx('relative', href !== undefined && 'transition-colors hover:bg-sunken/60')}>
      {columns.map((column, index) => {
        const look = cx(cellLook(column), 'py-2.5')
        const content = column.cell(row, decimals[index])
        if (index > 0) {
          return (
            <td key={column.key} className={cx(look, 'text-ink-soft')}>
              {content}
            </td>
          )
        }
        return (
          <th key={column.key} scope="row" className={cx(look, 'font-medium text-ink')}>
            {href !== undefined ? <RowLink to={href}>{content}</RowLink> : content}
          </th>
        )
      })}
    </tr>
  )
}

function RowLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link
      to={to}
      className="after:absolute after:inset-0 hover:text-accent-text focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent-text"
    >
      {children}
    </Link>
  )
}

function LoadingRow<Row>({ columns }: { columns: readonly Column<Row>[] }) {
  return (
    <tr>
      {columns.map((column) => (
        <td key={column.key} className={cx(cellLook(column), 'py-2.5')}>
          <Skeleton className={cx('h-5', column.align === 'end' ? 'ms-auto w-14' : 'w-28')} />
        </td>
      ))}
    </tr>
  )
}

type MoreProps = { onPress: () => void; text: string; loading?: boolean; children?: ReactNode }

function More({ onPress, text, loading = false, children }: MoreProps) {
  return (
    <div className="flex flex-wrap items-center justify-center gap-3 border-t border-line px-4 py-2.5 text-xs text-ink-faint tabular-nums">
      {children !== undefined && <span>{children}</span>}
      <Button size="sm" onClick={onPress} loading={loading}>
        {text}
      </Button>
    </div>
  )
}
