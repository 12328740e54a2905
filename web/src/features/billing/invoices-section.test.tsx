import { act, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { Invoice } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { PAID_INVOICE as PAID } from '@/testing/invoices'
import { renderPage } from '@/testing/render'

import { InvoicesSection } from './invoices-section'

const INVOICES = 'GET /tenants/acme/invoices'
let comeNear: () => void

class Observer {
  constructor(seen: (entries: { isIntersecting: boolean }[]) => void) {
    comeNear = () => seen([{ isIntersecting: true }])
  }
  observe() {}
  disconnect() {}
}

beforeEach(() => void vi.stubGlobal('IntersectionObserver', Observer))
afterEach(() => vi.unstubAllGlobals())

const page = (invoices: Invoice[], next_cursor: string | null = null) => ({ body: { invoices, next_cursor } })

function show(routes: Routes) {
  const requests = serveApi(routes)
  renderPage(<InvoicesSection tenant="acme" />)
  return requests
}

async function showInvoices(...changes: Partial<Invoice>[]) {
  const invoices = changes.map((change, index) => ({ ...PAID, id: `in_${index}`, ...change }))
  show({ [INVOICES]: page(invoices) })
  act(() => comeNear())
  await screen.findAllByRole('rowheader')
}

const row = (name: RegExp) => screen.getByRole('row', { name })

describe('invoices', () => {
  it('are read only when they come near the screen', async () => {
    const requests = show({ [INVOICES]: page([PAID]) })
    await Promise.resolve()
    expect(requests).toEqual([])
    act(() => comeNear())
    expect(await screen.findByText('GWI-0001')).toBeVisible()
    expect(requests).toHaveLength(1)
  })

  it.each([
    ['draft', 'Draft'],
    ['open', 'Open'],
    ['paid', 'Paid'],
    ['void', 'Void'],
    ['uncollectible', 'Uncollectible'],
    ['reversed', 'reversed'],
  ])('that are %s are called "%s"', async (status, label) => {
    await showInvoices({ status, number: null })
    expect(row(/No number yet/)).toHaveTextContent(label)
  })

  it('show a failed attempt and the next one', async () => {
    const failed = { failed_at: '2026-11-02T12:00:00Z', attempt_count: 2 }
    await showInvoices({ status: 'open', ...failed, next_payment_attempt: '2026-11-05T12:00:00Z' })
    expect(row(/GWI-0001/)).toHaveTextContent('Payment failed')
    expect(row(/GWI-0001/)).toHaveTextContent('Attempt 2 failed on 2 Nov 2026. Next attempt on 5 Nov 2026.')
  })

  it('say that no further attempt is planned', async () => {
    await showInvoices({ status: 'open', failed_at: '2026-11-02T12:00:00Z', attempt_count: 4 })
    expect(row(/GWI-0001/)).toHaveTextContent(
      'Attempt 4 failed on 2 Nov 2026. No further attempts are scheduled',
    )
  })

  it('that were paid after a failed attempt no longer show it', async () => {
    await showInvoices({ failed_at: '2026-11-02T12:00:00Z' })
    expect(row(/GWI-0001/)).toHaveTextContent('Paid')
    expect(row(/GWI-0001/)).not.toHaveTextContent('failed')
  })

  it('that are partly paid show what is due', async () => {
    await showInvoices({ status: 'open', currency: 'eur', amount_remaining: 900 })
    expect(row(/GWI-0001/)).toHaveTextContent('€29.00€9.00 due')
  })

  it.each<[string, Partial<Invoice>, string, string]>([
    [
      'in part',
      { amount_refunded: 900, net_total: 2000 },
      'Partly refunded',
      '$20.00of $29.00$9.00 refunded',
    ],
    ['all', { amount_refunded: 2900, net_total: 0 }, 'Refunded', '$0.00of $29.00$29.00 refunded'],
    [
      'by a note',
      { amount_credited: 500, net_total: 2400 },
      'Partly credited',
      '$24.00of $29.00$5.00 credited',
    ],
    ['all by notes', { amount_credited: 2900, net_total: 0 }, 'Credited', '$0.00of $29.00$29.00 credited'],
    ['perhaps', { dispute: 'open' }, 'Disputed', '$29.00View'],
    [
      'by a dispute',
      { dispute: 'lost', amount_lost: 2000, amount_refunded: 900, net_total: 0 },
      'Dispute lost',
      '$0.00of $29.00$9.00 refunded$20.00 lost in a dispute',
    ],
  ])('that were paid back %s show it in badge and amount', async (_, change, label, amount) => {
    await showInvoices(change)
    expect(within(row(/GWI-0001/)).getByText(label)).toBeVisible()
    expect(row(/GWI-0001/)).toHaveTextContent(amount)
  })

  it('that are open and partly credited are still open', async () => {
    await showInvoices({ status: 'open', amount_credited: 900, net_total: 2000, amount_remaining: 2000 })
    expect(row(/GWI-0001/)).toHaveTextContent('Open')
    expect(row(/GWI-0001/)).toHaveTextContent('$20.00of $29.00$9.00 credited')
    expect(row(/GWI-0001/)).not.toHaveTextContent('due')
  })

  it('show their lines if there are several', async () => {
    const lines = [
      { description: 'Rest of Starter', amount: -1450 },
      { description: null, amount: 9900 },
    ]
    await showInvoices({ lines }, { number: 'GWI-0002' })
    expect(row(/GWI-0001/)).toHaveTextContent('2 linesRest of Starter-$14.50No description$99.00')
    expect(row(/GWI-0001/)).not.toHaveTextContent('other lines')
    expect(row(/GWI-0002/)).not.toHaveTextContent('line')
  })

  it('fold many lines, and say that there are more', async () => {
    const lines = Array.from({ length: 20 }, (_, at) => ({ description: `Seat ${at}`, amount: 100 }))
    await showInvoices({ lines, has_more_lines: true })
    const folded = screen.getByRole('group')
    expect(folded).not.toHaveAttribute('open')
    expect(folded).toHaveTextContent('Stripe shows the other lines.')
  })

  it('that are open lead to their payment', async () => {
    await showInvoices({ status: 'open', total: 9900, net_total: 9900, amount_remaining: 9900 })
    const pay = screen.getByRole('link', { name: /^Pay \$99\.00: invoice GWI-0001 at Stripe/ })
    expect(pay).toHaveAttribute('href', 'https://invoice.stripe.com/i/1')
    expect(pay).toHaveAttribute('rel', 'noopener noreferrer')
    expect(screen.queryByRole('link', { name: /^View/ })).toBeNull()
  })

  it('link to their page and PDF, without handing this window over', async () => {
    await showInvoices({})
    const view = screen.getByRole('link', { name: /^View invoice GWI-0001 at Stripe/ })
    expect(view).toHaveAttribute('href', 'https://invoice.stripe.com/i/1')
    expect(view).toHaveAttribute('rel', 'noopener noreferrer')
    expect(screen.getByRole('link', { name: /PDF/ })).toHaveAttribute('href', PAID.invoice_pdf)
  })

  it('link to nothing that is not an encrypted page', async () => {
    await showInvoices({ hosted_invoice_url: 'javascript:alert(1)', invoice_pdf: 'http://example.com/pdf' })
    expect(within(row(/GWI-0001/)).queryByRole('link')).toBeNull()
  })

  it('are read page by page', async () => {
    const pages = (cursor: string | null) =>
      cursor ? page([{ ...PAID, id: 'in_2', number: 'OLD' }]) : page([PAID], 'c')
    show({ [INVOICES]: ({ query }) => pages(query.get('cursor')) })
    act(() => comeNear())
    await userEvent.click(await screen.findByRole('button', { name: 'Load more' }))
    expect(await screen.findByText('OLD')).toBeVisible()
    expect(screen.getByText('GWI-0001')).toBeVisible()
  })

  it('are cards on a narrow screen, each with its way to pay', async () => {
    const narrow = { matches: true, addEventListener: () => {}, removeEventListener: () => {} }
    vi.stubGlobal('matchMedia', () => narrow)
    const due = { ...PAID, status: 'open', total: 9900, net_total: 9900, amount_remaining: 9900 }
    const pages = (cursor: string | null) =>
      cursor ? page([{ ...PAID, id: 'in_2', number: 'OLD' }]) : page([due], 'c')
    show({ [INVOICES]: ({ query }) => pages(query.get('cursor')) })
    act(() => comeNear())
    const cards = await screen.findByRole('list', { name: 'Invoices, newest first' })
    expect(screen.queryByRole('table')).toBeNull()
    expect(within(cards).getByRole('link', { name: /^Pay \$99\.00/ })).toHaveTextContent('Pay $99.00')
    expect(cards).toHaveTextContent('GWI-0001')
    expect(cards).toHaveTextContent('1 Nov 2026 – 1 Dec 2026')
    await userEvent.click(screen.getByRole('button', { name: 'Load more' }))
    expect(await within(cards).findByText('OLD')).toBeVisible()
    expect(within(cards).getAllByRole('link', { name: /^View/ })).toHaveLength(1)
  })

  it('that do not exist yet are said to be missing', async () => {
    show({ [INVOICES]: page([]) })
    act(() => comeNear())
    expect(await screen.findByText('No invoices yet')).toBeVisible()
  })

  it('that cannot be read are said not to be, and read again', async () => {
    let isAway = true
    show({
      [INVOICES]: () => (isAway ? problem(503, 'unavailable', 'Firestore does not answer') : page([PAID])),
    })
    act(() => comeNear())
    expect(await screen.findByRole('alert')).toHaveTextContent('Firestore does not answer')
    isAway = false
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByText('GWI-0001')).toBeVisible()
  })
})
