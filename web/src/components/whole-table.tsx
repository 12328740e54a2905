// A table that shows and prints every row, with their sum at its end.
import type { ReactNode } from 'react'
import { Link } from 'react-router'

import { cx } from './cx'
import { cellLook, type Column } from './table-head'

type WholeTableProps<Row> = {
  /** Accessible name. */
  caption: string
  /** The first column names the row, and carries its link. */
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  href?: (row: Row) => string | undefined
  /** The cells of the last row, one for each column. */
  sum?: readonly ReactNode[]
}

export function WholeTable<Row>({ caption, columns, rows, rowKey, href, sum }: WholeTableProps<Row>) {
  return (
    <div
      role="region"
      aria-label={`Table: ${caption}`}
      tabIndex={0}
      className="overflow-x-auto -outline-offset-2 print:overflow-visible"
    >
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-b border-line">
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className={cx(cellLook(column), 'py-2 text-xs font-medium whitespace-nowrap text-ink-faint')}
              >
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.map((row) => (
            <WholeRow key={rowKey(row)} row={row} columns={columns} to={href?.(row)} />
          ))}
        </tbody>
        {sum && (
          // On paper a footer would stand at the end of every page.
          <tfoot className="border-t-2 border-line font-semibold text-ink print:table-row-group">
            <tr>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th key={column.key} scope="row" className={cx(cellLook(column), 'py-2.5')}>
                    {sum[index]}
                  </th>
                ) : (
                  <td key={column.key} className={cx(cellLook(column), 'py-2.5')}>
                    {sum[index]}
                  </td>
                ),
              )}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  )
}

type WholeRowProps<Row> = { row: Row; columns: readonly Column<Row>[]; to: string | undefined }

function WholeRow<Row>({ row, columns, to }: WholeRowProps<Row>) {
  return (
    <tr className="break-inside-avoid">
      {columns.map((column, index) => {
        const look = cx(cellLook(column), 'py-2')
        if (index > 0) {
          return (
            <td key={column.key} className={cx(look, 'text-ink-soft')}>
              {column.cell(row)}
            </td>
          )
        }
        return (
          <th key={column.key} scope="row" className={cx(look, 'font-medium text-ink')}>
            {to === undefined ? (
              column.cell(row)
            ) : (
              <Link to={to} className="hover:text-accent-text hover:underline">
                {column.cell(row)}
              </Link>
            )}
          </th>
        )
      })}
    </tr>
  )
}
