import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'

import type { Statement } from '@/lib/api/types'
import { problem, serveApi } from '@/testing/api'
import { keepSavedFiles } from '@/testing/files'
import { PAID_INVOICE } from '@/testing/invoices'
import { renderPage } from '@/testing/render'
import { statementOf } from '@/testing/statements'
import { tenantOf } from '@/testing/tenants'

import { StatementPage } from './statement-page'

const ROUTE = 'GET /tenants/acme/statement'

function open(statement: Statement, at = '/t/acme/statement') {
  const requests = serveApi({ [ROUTE]: { body: statement } })
  return { requests, ...renderPage(<StatementPage />, { at, tenant: tenantOf() }) }
}

const table = (name: string) => screen.findByRole('table', { name })

test('each table ends with the sum of the month, to the nano-dollar', async () => {
  open(statementOf())
  for (const by of ['model and tool', 'user', 'workflow']) {
    const rows = within(await table(`Provider cost by ${by}`)).getAllByRole('row')
    expect(rows.at(-1)).toHaveTextContent(/^Total.*at least \$0\.500000001$/)
  }
})

test('decimal points stand one below another, however small an amount is', async () => {
  open(statementOf())
  const months = within(await table('Last twelve months'))
  expect(months.getByText('at least $0.500000001')).not.toHaveAttribute('style')
  expect(months.getByText('$0.00')).toHaveStyle({ paddingInlineEnd: '7ch' })
})

test('what is not complete is said to be at least so much, or unknown', async () => {
  open(statementOf())
  const models = within(await table('Provider cost by model and tool'))
  expect(models.getByRole('row', { name: /unheard-of/ })).toHaveTextContent(/unknown$/)
  expect(screen.getByText('Leaves out 1 unpriced call.')).toBeVisible()
  expect(screen.getByText('Month not over')).toBeVisible()
})

test('provider cost and what was invoiced for the plan stand apart', async () => {
  open(statementOf({ invoices: [PAID_INVOICE], invoiced: [{ currency: 'usd', amount: 2900 }] }))
  const label = await screen.findByText('Invoiced for the plan', { selector: 'dt' })
  expect(label.nextElementSibling).toHaveTextContent('$29.00')
  expect(screen.getByText('Provider cost', { selector: 'dt' }).nextElementSibling).toHaveTextContent(
    'at least $0.500000001',
  )
  expect(screen.getByText('1 × Starter')).toBeVisible()
})

test('a name leads to its events, and the rest leads nowhere', async () => {
  open(statementOf())
  const users = within(await table('Provider cost by user'))
  expect(users.getByRole('link', { name: 'ada' })).toHaveAttribute(
    'href',
    '/t/acme/explain?from=2026-11-01T00%3A00%3A00Z&to=2026-12-01T00%3A00%3A00Z&user_id=ada',
  )
  expect(users.queryByRole('link', { name: 'The rest' })).not.toBeInTheDocument()
})

test('the month that is chosen is asked for, and stands in the address', async () => {
  const { requests, router } = open(statementOf())
  await userEvent.selectOptions(await screen.findByLabelText('Month'), 'October 2026')
  expect(router.state.location.search).toBe('?month=2026-10')
  expect(requests.map(({ query }) => query.get('month'))).toEqual([null, '2026-10'])
})

test('the events and charges of the month are exported as files', async () => {
  const requests = serveApi({ [ROUTE]: { body: statementOf() }, 'GET /tenants/acme/export': { body: '' } })
  renderPage(<StatementPage />, { at: '/t/acme/statement', tenant: tenantOf() })
  const saved = keepSavedFiles()
  await userEvent.click(await screen.findByRole('button', { name: 'Export' }))
  await userEvent.click(screen.getByRole('menuitem', { name: 'Charges in FOCUS' }))
  await waitFor(() => expect(saved).toHaveLength(1))
  expect(Object.fromEntries(requests.at(-1)?.query ?? [])).toEqual({
    format: 'focus',
    from: '2026-11-01T00:00:00Z',
    to: '2026-12-01T00:00:00Z',
  })
})

test('printing is the browser’s', async () => {
  const print = vi.spyOn(window, 'print').mockImplementation(() => undefined)
  open(statementOf())
  await userEvent.click(await screen.findByRole('button', { name: 'Print' }))
  expect(print).toHaveBeenCalledOnce()
})

test('a month that has not begun says so, and keeps the way back', async () => {
  serveApi({ [ROUTE]: problem(422, 'invalid_input', 'month: 2027-01 has not begun') })
  renderPage(<StatementPage />, { at: '/t/acme/statement?month=2027-01', tenant: tenantOf() })
  expect(await screen.findByText(/2027-01 has not begun/)).toBeVisible()
  expect(screen.getByRole('link', { name: 'This month' })).toHaveAttribute('href', '/t/acme/statement')
})
