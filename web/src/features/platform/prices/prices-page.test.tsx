import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import { problem, serveApi, type Routes } from '@/testing/api'
import { priceOf } from '@/testing/platform'
import { renderPage } from '@/testing/render'
import type { Price, PriceChanges } from '@/lib/api/types'

import { PricesPage } from './prices-page'

const PRICES = '/platform/prices'
const EFFECT: PriceChanges['effect'] = {
  ...{ tenants: 3_100, cost_before_usd: '1000.00', cost_after_usd: '9000.00' },
  ...{
    negative_before: 2,
    negative_after: 3_000,
    sentences: ['openai/gpt-4o costs 9 times as much'],
    is_cut: false,
  },
}

function show(prices: Price[], routes: Routes = {}, at = '/operator/prices') {
  const requests = serveApi({
    [`GET ${PRICES}`]: { body: { version: 7, prices } },
    [`PUT ${PRICES}`]: { body: { version: 8, added: [priceOf()], removed: [], effect: EFFECT } },
    ...routes,
  })
  const { router } = renderPage(<PricesPage />, { at, path: '/operator/prices' })
  return { router, sent: () => requests.filter(({ method }) => method === 'PUT') }
}

const dialog = () => within(screen.getByRole('dialog'))

test('shows prices by amounts, percent and likeness, for all tenants or for one', async () => {
  show([
    priceOf({ per_unit: { images: '0.04' } }),
    priceOf({ model: null, model_prefix: 'o', per_million: {}, percent: '-15', tenant_id: 'acme' }),
    priceOf({ model: 'mine', per_million: {}, same_as: 'openai/gpt-4o' }),
  ])
  const amounts = await screen.findByRole('row', { name: /^openai\/gpt-4o/ })
  expect(amounts).toHaveTextContent('All tenants$2.50 input$10.00 output$0.04 per image1 Nov 2026')
  expect(screen.getByRole('row', { name: /openai\/o\*/ })).toHaveTextContent('Only acmeCatalog −15%')
  expect(screen.getByRole('row', { name: /openai\/mine/ })).toHaveTextContent('Same as openai/gpt-4o')
})

test('opens the form for the model that the address names', async () => {
  const { router } = show([], {}, '/operator/prices?provider=acme+ai&model=fast')
  expect(await screen.findByRole('dialog', { name: 'Add a price' })).toBeVisible()
  expect(dialog().getByLabelText('Provider')).toHaveValue('acme ai')
  expect(dialog().getByLabelText('Model')).toHaveValue('fast')
  await userEvent.click(dialog().getByRole('button', { name: 'Cancel' }))
  await waitFor(() => expect(router.state.location.search).toBe(''))
  expect(screen.getByText('No prices of your own')).toBeVisible()
})

test('says how many margins would be negative before it applies a price, for a reason', async () => {
  const { sent } = show([], {}, '/operator/prices?provider=openai&model=gpt-4o')
  await screen.findByRole('dialog')
  await userEvent.type(dialog().getByLabelText('USD for Million tokens: input'), '22.5')
  await userEvent.click(dialog().getByRole('button', { name: 'Add price' }))
  expect(screen.getByText('Not applied yet: 1 added, 0 removed')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Preview' }))
  expect(await screen.findByText('3,000 tenants would have a negative margin')).toBeVisible()
  expect(dialog().getByText('openai/gpt-4o costs 9 times as much')).toBeVisible()
  await userEvent.click(dialog().getByRole('button', { name: 'Apply' }))
  expect(sent().map(({ query }) => query.toString())).toEqual(['dry_run=true']) // without a reason
  await userEvent.type(dialog().getByLabelText('Reason'), 'contract of November')
  await userEvent.click(dialog().getByRole('button', { name: 'Apply' }))
  expect(await screen.findByText('Prices changed')).toBeVisible()
  const today = new Date().toISOString().slice(0, 10)
  expect(sent()[1]?.body).toEqual({
    version: 7,
    prices: [priceOf({ per_million: { input: '22.5' }, starts: today })],
    reason: 'contract of November',
  })
})

test('edits and removes prices, and keeps those of a model in the order of their days', async () => {
  const later = priceOf({ starts: '2026-12-01' })
  const { sent } = show([priceOf(), later, priceOf({ model: 'old' })])
  const from = (starts: string) => new RegExp(`of openai/gpt-4o from ${starts}`)
  await userEvent.click(await screen.findByRole('button', { name: /Remove the price of openai\/old/ }))
  await userEvent.click(
    screen.getByRole('button', { name: new RegExp(`Edit.*${from('2026-12-01').source}`) }),
  )
  await userEvent.clear(dialog().getByLabelText('From'))
  await userEvent.type(dialog().getByLabelText('From'), '2026-10-01')
  await userEvent.click(dialog().getByRole('button', { name: 'Keep changes' }))
  expect(screen.getByText('Not applied yet: 1 added, 2 removed')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Preview' }))
  await screen.findByRole('dialog')
  expect(sent()[0]?.body).toEqual({ version: 7, prices: [{ ...later, starts: '2026-10-01' }, priceOf()] })
})

test('refuses a second price of a model from the same day, and a price without an amount', async () => {
  show(
    [priceOf({ starts: new Date().toISOString().slice(0, 10) })],
    {},
    '/operator/prices?provider=openai&model=gpt-4o',
  )
  await screen.findByRole('dialog')
  await userEvent.click(dialog().getByRole('button', { name: 'Add price' }))
  expect(dialog().getByText('Enter at least one amount.')).toBeVisible()
  await userEvent.click(dialog().getByRole('radio', { name: 'Percent' }))
  await userEvent.type(dialog().getByLabelText('Percent of the catalog’s price'), '-15')
  await userEvent.click(dialog().getByRole('button', { name: 'Add price' }))
  expect(dialog().getByText(/already has a price from this day/)).toBeVisible()
})

test('prices by other units', async () => {
  const { sent } = show([], {}, '/operator/prices?provider=black-forest&model=flux')
  await screen.findByRole('dialog')
  await userEvent.selectOptions(dialog().getByLabelText('Unit 1'), 'Each image')
  await userEvent.type(dialog().getByLabelText('USD for Each image'), '0.04')
  await userEvent.click(dialog().getByRole('button', { name: 'Remove Million tokens: output' }))
  await userEvent.click(dialog().getByRole('button', { name: 'Add an amount' }))
  expect(dialog().getByLabelText('USD for Million tokens: input')).toBeVisible()
  await userEvent.click(dialog().getByRole('button', { name: 'Add price' }))
  await userEvent.click(screen.getByRole('button', { name: 'Preview' }))
  await screen.findByRole('dialog')
  const { prices } = sent()[0]?.body as { prices: Price[] }
  expect(prices[0]).toMatchObject({ per_million: {}, per_unit: { images: '0.04' } })
})

test('warns the second of two operators', async () => {
  show([priceOf()], { [`PUT ${PRICES}`]: problem(409, 'changed_meanwhile', 'the prices have changed') })
  await userEvent.click(await screen.findByRole('button', { name: /^Remove the price/ }))
  await userEvent.click(screen.getByRole('button', { name: 'Preview' }))
  expect(await screen.findByText('Somebody else changed this meanwhile')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Reload' }))
  expect(await screen.findByRole('row', { name: /openai\/gpt-4o/ })).toBeVisible()
  expect(screen.queryByText(/Not applied yet/)).not.toBeInTheDocument()
})
