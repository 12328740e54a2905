import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { MemoryRouter } from 'react-router'
import { expect, it } from 'vitest'

import { DataTable, type Column } from './data-table'

type Model = { name: string; calls: number | null }

const COLUMNS: Column<Model>[] = [
  { key: 'name', header: 'Model', cell: ({ name }) => name, sortValue: ({ name }) => name },
  {
    key: 'calls',
    header: 'Calls',
    align: 'end',
    cell: ({ calls }) => calls ?? '–',
    sortValue: ({ calls }) => calls,
  },
]
const MODELS = [
  { name: 'model-10', calls: 5 },
  { name: 'model-9', calls: null },
  { name: 'Model-1', calls: 12 },
]

function show(rows: Model[] | undefined, href?: (row: Model) => string) {
  const props = {
    caption: 'Models',
    columns: COLUMNS,
    rows,
    rowKey: ({ name }: Model) => name,
    empty: <p>No models</p>,
  }
  render(<DataTable {...props} {...(href && { href })} />, { wrapper: MemoryRouter })
}

function names() {
  return screen.getAllByRole('rowheader').map((cell) => cell.textContent)
}

it('shows rows as they come until a column is chosen', () => {
  show(MODELS)
  expect(names()).toEqual(['model-10', 'model-9', 'Model-1'])
  expect(screen.getByRole('columnheader', { name: 'Calls' })).toHaveAttribute('aria-sort', 'none')
})

it('sorts figures from the largest, and back, with unknown ones last', async () => {
  show(MODELS)
  await userEvent.click(screen.getByRole('button', { name: 'Calls' }))
  expect(names()).toEqual(['Model-1', 'model-10', 'model-9'])
  expect(screen.getByRole('columnheader', { name: 'Calls' })).toHaveAttribute('aria-sort', 'descending')
  await userEvent.click(screen.getByRole('button', { name: 'Calls' }))
  expect(names()).toEqual(['model-10', 'Model-1', 'model-9'])
})

it('sorts names from the first letter, with the numbers in them counted', async () => {
  show(MODELS)
  await userEvent.click(screen.getByRole('button', { name: 'Model' }))
  expect(names()).toEqual(['Model-1', 'model-9', 'model-10'])
})

it('renders fifty of 10,000 rows, then fifty more', async () => {
  show(Array.from({ length: 10_000 }, (_, index) => ({ name: `model-${index}`, calls: index })))
  expect(names()).toHaveLength(50)
  expect(screen.getByText('50 of 10,000 rows')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Show 50 more' }))
  expect(names()).toHaveLength(50 + 50)
})

it('scrolls by keyboard in a region of its own', () => {
  show(MODELS)
  expect(screen.getByRole('region', { name: 'Table: Models' })).toHaveAttribute('tabindex', '0')
})

it('links a row from its name', () => {
  show(MODELS, ({ name }) => `/models/${name}`)
  const cell = screen.getByRole('rowheader', { name: 'model-9' })
  expect(within(cell).getByRole('link')).toHaveAttribute('href', '/models/model-9')
})

it('holds the place of rows while they load, and says when there are none', () => {
  show(undefined)
  expect(screen.getAllByRole('row')).toHaveLength(1 + 5)
  show([])
  expect(screen.getByText('No models')).toBeVisible()
})
