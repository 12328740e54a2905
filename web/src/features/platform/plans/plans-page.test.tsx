import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import type { PlanChanges, PlanTable } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { PLATFORM_PLANS } from '@/testing/platform'
import { renderPage } from '@/testing/render'

import { PlansPage } from './plans-page'

const PLANS = '/platform/plans'
const CHANGES: PlanChanges = {
  version: 4,
  plans: [
    {
      plan: 'starter',
      version: 3,
      what: ['50,000 tokens become 600,000'],
      tenants: [
        { version: 1, tenants: 1 },
        { version: 2, tenants: 2_999 },
      ],
    },
  ],
  others: ['the alias small is gone'],
}

function show(routes: Routes = {}) {
  const requests = serveApi({
    [`GET ${PLANS}`]: { body: PLATFORM_PLANS },
    [`PUT ${PLANS}`]: { body: CHANGES },
    ...routes,
  })
  renderPage(<PlansPage />)
  return () => requests.filter(({ method }) => method === 'PUT')
}

async function editTokens(tokens: string) {
  await userEvent.click(await screen.findByRole('button', { name: 'Edit Starter' }))
  await userEvent.clear(screen.getByLabelText('Tokens per period'))
  await userEvent.type(screen.getByLabelText('Tokens per period'), tokens)
  await userEvent.click(screen.getByRole('button', { name: 'Keep changes' }))
}

test('shows each plan with its version, its other names and its prices', async () => {
  show()
  const row = await screen.findByRole('row', { name: /Starter/ })
  expect(row).toHaveTextContent('starter, small · version 2')
  expect(row).toHaveTextContent('$29.00')
})

test('shows who is affected before anything is applied', async () => {
  const sent = show()
  await editTokens('600,000')
  expect(screen.getByText('Not applied yet: Starter')).toBeVisible()
  expect(sent()).toEqual([])
  await userEvent.click(screen.getByRole('button', { name: 'Preview' }))
  const dialog = within(await screen.findByRole('dialog', { name: 'Apply these plans?' }))
  expect(dialog.getByText('50,000 tokens become 600,000')).toBeVisible()
  expect(
    dialog.getByText('Keep their version: 1 tenant on version 1, 2,999 tenants on version 2.'),
  ).toBeVisible()
  expect(dialog.getByText('the alias small is gone')).toBeVisible()
  expect(sent().map(({ query }) => query.toString())).toEqual(['dry_run=true'])
  await userEvent.type(dialog.getByLabelText('Reason'), 'prices of 2027')
  await userEvent.click(dialog.getByRole('button', { name: 'Apply' }))
  expect(await screen.findByText('Plans changed')).toBeVisible()
  await waitFor(() => expect(screen.queryByText(/Not applied yet/)).not.toBeInTheDocument())
  expect(sent().map(({ query }) => query.toString())).toEqual(['dry_run=true', ''])
  const { plans, ...rest } = sent()[1]?.body as { plans: PlanTable[] }
  expect(rest).toEqual({ version: 3, aliases: { small: 'starter' }, reason: 'prices of 2027' })
  expect(plans.map(({ id, tokens }) => [id, tokens])).toEqual([
    ['free', 50_000],
    ['starter', 600_000],
  ])
})

test('adds, moves and removes plans', async () => {
  const sent = show()
  await userEvent.click(await screen.findByRole('button', { name: 'Add plan' }))
  const dialog = within(screen.getByRole('dialog'))
  await userEvent.type(dialog.getByLabelText('Id'), 'team')
  await userEvent.type(dialog.getByLabelText('Name'), 'Team')
  await userEvent.type(dialog.getByLabelText('Monthly price, in USD'), '59')
  await userEvent.type(dialog.getByLabelText('Other names'), 'crew, squad')
  await userEvent.click(dialog.getByRole('button', { name: 'Add plan' }))
  await userEvent.click(screen.getByRole('button', { name: 'Move Team up' }))
  await userEvent.click(screen.getByRole('button', { name: 'Remove Starter' }))
  expect(screen.getByText('Not applied yet: Team, Starter')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Preview' }))
  await screen.findByRole('dialog', { name: 'Apply these plans?' })
  const { plans, aliases } = sent()[0]?.body as { plans: PlanTable[]; aliases: object }
  expect(plans.map(({ id }) => id)).toEqual(['free', 'team'])
  expect(plans[1]).toMatchObject({ tokens: null, prices: { month: '59', year: null }, visible: true })
  expect(aliases).toEqual({ crew: 'team', squad: 'team' })
})

test('says that nothing would change', async () => {
  show({ [`PUT ${PLANS}`]: { body: { version: 3, plans: [], others: [] } } })
  await editTokens('50000')
  await userEvent.click(screen.getByRole('button', { name: 'Preview' }))
  const dialog = within(await screen.findByRole('dialog', { name: 'Nothing would change' }))
  expect(dialog.getByRole('button', { name: 'Apply' })).toBeDisabled()
})

test('shows each problem of the plans', async () => {
  const message = 'the plan starter is in use by 3 tenants'
  const errors = [{ field: 'plans', code: 'plan_in_use', message }]
  show({ [`PUT ${PLANS}`]: problem(409, 'plan_in_use', message, errors) })
  await userEvent.click(await screen.findByRole('button', { name: 'Remove Starter' }))
  await userEvent.click(screen.getByRole('button', { name: 'Preview' }))
  expect(await screen.findByText('These changes cannot be applied')).toBeVisible()
  expect(screen.getByText(message)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Discard' }))
  expect(screen.getByRole('row', { name: /Starter/ })).toBeVisible()
})

test.each(['Preview', 'Apply'])('warns the second of two operators at %s', async (step) => {
  let isChanged = step === 'Preview'
  show({
    [`PUT ${PLANS}`]: () =>
      isChanged ? problem(409, 'changed_meanwhile', 'the plans have changed') : { body: CHANGES },
  })
  await editTokens('600000')
  await userEvent.click(screen.getByRole('button', { name: 'Preview' }))
  if (step === 'Apply') {
    isChanged = true
    await userEvent.type(await screen.findByLabelText('Reason'), 'prices of 2027')
    await userEvent.click(await screen.findByRole('button', { name: 'Apply' }))
  }
  expect(await screen.findByText('Somebody else changed this meanwhile')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Reload' }))
  await waitFor(() => expect(screen.queryByText(/Not applied yet/)).not.toBeInTheDocument())
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument()
})

test('says what failed', async () => {
  serveApi({ [`GET ${PLANS}`]: problem(503, 'unavailable', 'Firestore does not answer') })
  renderPage(<PlansPage />)
  expect(await screen.findByText('Firestore does not answer')).toBeVisible()
})
