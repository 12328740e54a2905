import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import type { Budget } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { budgetOf, eachUser, usedOf } from '@/testing/budgets'
import { renderPage } from '@/testing/render'
import { tenantOf } from '@/testing/tenants'

import { BudgetsPage } from './budgets-page'

const BUDGETS = '/tenants/acme/budgets'

function open(budgets: Budget[], routes: Routes = {}) {
  const requests = serveApi({
    [`GET ${BUDGETS}`]: { body: { budgets, on_unreadable: 'closed' } },
    ...routes,
  })
  renderPage(<BudgetsPage />, { tenant: tenantOf() })
  return () => requests.filter(({ method }) => method !== 'GET')
}

async function openDialog(button: string) {
  await userEvent.click(await screen.findByRole('button', { name: button }))
  return within(screen.getByRole('dialog'))
}

async function retype(label: string, text: string) {
  await userEvent.clear(screen.getByLabelText(label))
  await userEvent.type(screen.getByLabelText(label), text)
}

const choose = (label: string, option: string) =>
  userEvent.selectOptions(screen.getByLabelText(label), option)

test('shows what is used of a budget, cut and never rounded up', async () => {
  open([budgetOf()])
  const meter = await screen.findByRole('meter', { name: 'All usage' })
  expect(meter).toHaveAttribute('aria-valuetext', '80% used, $400.129 of $500.00')
  expect(screen.getByText('$400.12 of $500.00')).toBeVisible()
  const budget = within(screen.getByRole('listitem'))
  expect(budget.getByText('All usage · $500.00 a month')).toBeVisible()
  expect(budget.getByText('Blocks')).toBeVisible()
  expect(budget.getByText(/^Resets at/)).toHaveTextContent('1 Dec 2026')
  expect(budget.queryByText(/^Counts from/)).not.toBeInTheDocument()
})

test('shows what runs in progress have reserved, to readers of the screen as well', async () => {
  open([budgetOf({ uses: [usedOf({ held: '50.00', left: '49.871' })] })])
  expect(await screen.findByText('$50.00 reserved, $49.871 left. Runs in progress hold it.')).toBeVisible()
  expect(screen.getByRole('meter')).toHaveAttribute(
    'aria-valuetext',
    '80% used, $400.129 of $500.00, $50.00 reserved, $49.871 left',
  )
})

test('shows each user apart, and since when they are counted', async () => {
  open([eachUser({ ann: 1200, bob: 10, '': 5 })])
  expect(await screen.findByText('Each user · 1,000 tokens a day')).toBeVisible()
  expect(screen.getByText('Warns')).toBeVisible()
  expect(screen.getByText(/^Counts from/)).toHaveTextContent('26 Nov 2026')
  const names = screen.getAllByRole('meter').map((meter) => meter.getAttribute('aria-label'))
  expect(names).toEqual(['ann', 'bob', 'Other values'])
  expect(screen.getByRole('meter', { name: 'ann' })).toHaveAttribute('aria-valuenow', '120')
})

test('shows the five who used most, and the others when asked', async () => {
  open([eachUser({ a: 9, b: 8, c: 7, d: 6, e: 5, f: 4, g: 3 })])
  expect(await screen.findAllByRole('meter')).toHaveLength(5)
  await userEvent.click(screen.getByRole('button', { name: 'Show 2 more' }))
  expect(screen.getAllByRole('meter')).toHaveLength(7)
})

test.each([
  ['block', 'Checks are denied.'],
  ['ignore', 'The budget counts what is known.'],
] as const)('marks a cost that is not all known: %s', async (on_unknown_price, consequence) => {
  open([budgetOf({ on_unknown_price, uses: [usedOf({ is_complete: false })] })])
  expect(await screen.findByText('at least $400.12 of $500.00')).toBeVisible()
  expect(screen.getByText(/no complete price/)).toHaveTextContent(consequence)
})

test('says that a budget of each run has no bar, and what has no use yet', async () => {
  open([
    budgetOf({ id: 'run', window: 'run', thresholds: [], uses: [] }),
    budgetOf({ id: 'users', scope: { user_id: '*' }, uses: [] }),
  ])
  expect(await screen.findByText('Each run has this amount for itself.')).toBeVisible()
  expect(screen.getByText('Nothing used in the current window.')).toBeVisible()
  expect(screen.queryByRole('meter')).not.toBeInTheDocument()
})

test('shows the label of an API key, and a tag with HTML in it as text', async () => {
  const tag = { name: 'feature', value: '<img src=x>' }
  open([budgetOf({ scope: { api_key: 'k1' } }), budgetOf({ id: 'tag', scope: { tag } })], {
    'GET /tenants/acme/api-keys': { body: { api_keys: [{ id: 'k1', label: 'Crawler', status: 'active' }] } },
  })
  expect(await screen.findByRole('meter', { name: 'API key Crawler' })).toBeVisible()
  expect(screen.getByRole('meter', { name: 'Tag feature: <img src=x>' })).toBeVisible()
  expect(document.querySelector('img')).toBeNull()
})

test('adds the first budget', async () => {
  const changes = open([], { [`PUT ${BUDGETS}/users`]: { body: budgetOf() } })
  const dialog = await openDialog('Add your first budget')
  await userEvent.type(dialog.getByLabelText('ID'), 'users')
  await choose('Applies to', 'User')
  await userEvent.type(dialog.getByLabelText('User ID'), '*')
  await userEvent.type(dialog.getByLabelText('Amount'), '$1,000.50')
  await choose('Window', 'Day')
  await userEvent.click(dialog.getByRole('button', { name: 'Add budget' }))
  expect(await screen.findByText('Budget “users” added')).toBeVisible()
  expect(changes().map(({ body }) => body)).toEqual([
    {
      ...{ scope: { user_id: '*' }, amount_usd: '1000.50', window: 'day', on_reach: 'block' },
      ...{ on_unknown_price: 'block', thresholds: [80, 100] },
    },
  ])
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument()
})

test('adds a budget of tokens for a tag and each run, which has no alerts', async () => {
  const changes = open([], { [`PUT ${BUDGETS}/search`]: { body: budgetOf() } })
  const dialog = await openDialog('Add budget')
  await userEvent.type(dialog.getByLabelText('ID'), 'search')
  await choose('Applies to', 'Tag')
  await userEvent.type(dialog.getByLabelText('Tag name'), 'feature')
  await userEvent.type(dialog.getByLabelText('Tag value'), 'search')
  await choose('Unit', 'Tokens')
  await userEvent.type(dialog.getByLabelText('Amount'), '2,000')
  await choose('Window', 'Each run')
  await choose('When it is reached', 'Warn: allow checks with a warning')
  expect(dialog.queryByLabelText('Alert at, in percent')).not.toBeInTheDocument()
  expect(dialog.queryByLabelText('When a call has no complete price')).not.toBeInTheDocument()
  await userEvent.click(dialog.getByRole('button', { name: 'Add budget' }))
  await waitFor(() => expect(changes()).toHaveLength(1))
  expect(changes()[0]?.body).toEqual({
    ...{ scope: { tag: { name: 'feature', value: 'search' } }, tokens: 2000, window: 'run' },
    ...{ on_reach: 'warn', on_unknown_price: null, thresholds: null },
  })
})

test('finds typos before it asks the service', async () => {
  const changes = open([budgetOf()])
  const dialog = await openDialog('Add budget')
  await userEvent.type(dialog.getByLabelText('ID'), 'all')
  await choose('Applies to', 'Workflow')
  await userEvent.type(dialog.getByLabelText('Amount'), 'much')
  await retype('Alert at, in percent', 'half')
  await userEvent.click(dialog.getByRole('button', { name: 'Add budget' }))
  expect(dialog.getAllByRole('alert').map(({ textContent }) => textContent)).toEqual([
    'There is a budget with this ID.',
    'Enter a value, or * for each.',
    'Enter an amount, such as 99.50.',
    'Enter whole numbers, separated by commas.',
  ])
  expect(changes()).toEqual([])
})

test.each([
  ['amount_usd.function-before', 'Amount', 'Input should be greater than 0'],
  ['scope', 'User ID', 'scope: user is not printable'],
  ['id', 'ID', 'id is taken'],
])('shows a refusal of %s at its field', async (field, label, message) => {
  const refusal = problem(422, 'invalid_request', message, [{ field, code: 'invalid', message }])
  open([], { [`PUT ${BUDGETS}/users`]: refusal })
  const dialog = await openDialog('Add budget')
  await userEvent.type(dialog.getByLabelText('ID'), 'users')
  await choose('Applies to', 'User')
  await userEvent.type(dialog.getByLabelText('User ID'), 'ann')
  await userEvent.type(dialog.getByLabelText('Amount'), '1')
  await userEvent.click(dialog.getByRole('button', { name: 'Add budget' }))
  expect(await dialog.findByText(message)).toBeVisible()
  expect(dialog.getByLabelText(label)).toHaveAccessibleDescription(expect.stringContaining(message))
  expect(dialog.getByLabelText(label)).toHaveAttribute('aria-invalid', 'true')
})

test('distinguishes a bad tag name from a bad tag value', async () => {
  const refusal = problem(422, 'invalid_request', 'bad', [
    { field: 'scope.tag.tag.name', code: 'invalid', message: 'bad name' },
    { field: 'scope.tag.tag.value', code: 'invalid', message: 'bad value' },
  ])
  open([], { [`PUT ${BUDGETS}/search`]: refusal })
  const dialog = await openDialog('Add budget')
  await userEvent.type(dialog.getByLabelText('ID'), 'search')
  await choose('Applies to', 'Tag')
  await userEvent.type(dialog.getByLabelText('Tag name'), 'feature')
  await userEvent.type(dialog.getByLabelText('Tag value'), 'x')
  await userEvent.type(dialog.getByLabelText('Amount'), '1')
  await userEvent.click(dialog.getByRole('button', { name: 'Add budget' }))
  await dialog.findByText('bad name')
  expect(dialog.getByLabelText('Tag name')).toHaveAccessibleDescription('bad name')
  expect(dialog.getByLabelText('Tag value')).toHaveAccessibleDescription(/^bad value/)
})

test('says what is refused for no field', async () => {
  open([], { [`PUT ${BUDGETS}/all`]: problem(409, 'too_many_budgets', 'remove one first') })
  const dialog = await openDialog('Add budget')
  await userEvent.type(dialog.getByLabelText('ID'), 'all')
  await userEvent.type(dialog.getByLabelText('Amount'), '1')
  await userEvent.click(dialog.getByRole('button', { name: 'Add budget' }))
  expect(await dialog.findByText('remove one first')).toBeVisible()
})

test('changes a budget on the version that was read, and keeps what was not touched', async () => {
  const stored = budgetOf({ scope: { api_key: 'gone' }, thresholds: [50], on_unknown_price: 'ignore' })
  const changes = open([stored], {
    'GET /tenants/acme/api-keys': { body: { api_keys: [] } },
    [`PUT ${BUDGETS}/all`]: { body: budgetOf() },
  })
  const dialog = await openDialog('Change all')
  expect(dialog.queryByLabelText('ID')).not.toBeInTheDocument()
  await retype('Amount', '600')
  await userEvent.click(dialog.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText('Budget “all” saved')).toBeVisible()
  expect(changes()[0]?.body).toEqual({
    ...{ scope: { api_key: 'gone' }, amount_usd: '600', window: 'month', on_reach: 'block' },
    ...{ on_unknown_price: 'ignore', thresholds: [50], version: 'v1' },
  })
})

test('warns the second of two editors, shows what the first one left, and then saves', async () => {
  let stored = budgetOf()
  const changes = open([], {
    [`GET ${BUDGETS}`]: () => ({ body: { budgets: [stored], on_unreadable: 'closed' } }),
    [`PUT ${BUDGETS}/all`]: () => {
      if (stored.version === 'v2') return { body: stored }
      stored = budgetOf({ amount_usd: '700.00', version: 'v2' })
      return problem(409, 'changed_meanwhile', 'somebody else has changed this')
    },
  })
  const dialog = await openDialog('Change all')
  await retype('Amount', '600')
  await userEvent.click(dialog.getByRole('button', { name: 'Save' }))
  expect(await dialog.findByText(/^Somebody else changed this meanwhile\./)).toBeVisible()
  expect(dialog.getByLabelText('Amount')).toHaveValue('700.00')
  await userEvent.click(dialog.getByRole('button', { name: 'Save' }))
  expect(await screen.findByText('Budget “all” saved')).toBeVisible()
  expect(changes().map(({ body }) => (body as { version: string }).version)).toEqual(['v1', 'v2'])
})

test('asks before it removes a budget, and says which', async () => {
  const changes = open([budgetOf()], { [`DELETE ${BUDGETS}/all`]: { status: 204 } })
  const dialog = await openDialog('Remove all')
  expect(changes()).toEqual([])
  await userEvent.click(dialog.getByRole('button', { name: 'Remove budget' }))
  expect(await screen.findByText('Budget “all” removed')).toBeVisible()
  expect(changes()[0]?.query.get('version')).toBe('v1')
})

test('offers no 51st budget', async () => {
  open(Array.from({ length: 50 }, (_, index) => budgetOf({ id: `b${index}` })))
  expect(await screen.findByText(/A tenant can have 50 budgets/)).toBeVisible()
  expect(screen.getByRole('button', { name: 'Add budget' })).toBeDisabled()
})

test('chooses what checks answer while usage cannot be read', async () => {
  let on_unreadable = 'closed'
  const changes = open([], {
    [`GET ${BUDGETS}`]: () => ({ body: { budgets: [], on_unreadable } }),
    'PUT /tenants/acme/on-unreadable': () => {
      on_unreadable = 'open'
      return { body: { budgets: [], on_unreadable } }
    },
  })
  const choice = within(await screen.findByRole('group', { name: 'When usage cannot be read' }))
  expect(choice.getByLabelText('Deny')).toBeChecked()
  await userEvent.click(choice.getByLabelText('Allow'))
  expect(await screen.findByText('Checks are allowed while usage cannot be read')).toBeVisible()
  expect(choice.getByLabelText('Allow')).toBeChecked()
  expect(changes().map(({ body }) => body)).toEqual([{ on_unreadable: 'open' }])
})

test('says what failed and tries again', async () => {
  let isAway = true
  open([], {
    [`GET ${BUDGETS}`]: () =>
      isAway
        ? problem(503, 'unavailable', 'Firestore does not answer')
        : { body: { budgets: [budgetOf()], on_unreadable: 'closed' } },
  })
  expect(await screen.findByText('Firestore does not answer')).toBeVisible()
  isAway = false
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByRole('meter', { name: 'All usage' })).toBeVisible()
})
