import { act, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { Invoice } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { renderPage } from '@/testing/render'

import { InvoicesSection } from './invoices-section'

const INVOICES = 'GET /tenants/acme/invoices'
const PAID: Invoice = {
  id: 'in_1',
  number: 'GWI-0001',
  status: 'paid',
  currency: 'usd',
  total: 2900,
  amount_due: 2900,
  amount_paid: 2900,
  amount_remaining: 0,
  created: '2026-11-01T12:00:00Z',
  period_start: '2026-11-01T12:00:00Z',
  period_end: '2026-12-01T12:00:00Z',
  attempt_count: 1,
  next_payment_attempt: null,
  hosted_invoice_url: 'https://invoice.stripe.com/i/1',
  invoice_pdf: 'https://pay.stripe.com/invoice/1/pdf',
  failed_at: null,
  net_total: 2900,
  amount_refunded: 0,
  amount_credited: 0,
  amount_lost: 0,
  dispute: null,
  lines: [{ description: '1 × Starter', amount: 2900 }],
  has_more_lines: false,
}

let comeNear: () => void

class Observer {
  constructor(seen: (entries: { isIntersecting: boolean }[]) => void) {
    comeNear = () => seen([{ isIntersecting: true }])
  }
  observe() {}
  disconnect() {}
}

beforeEach(() => void vi.stubGlobal('IntersectionObserver', Observer))

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

  it('tell a failed attempt and the next one', async () => {
    const failed = { failed_at: '2026-11-02T12:00:00Z', attempt_count: 2 }
    await showInvoices({ status: 'open', ...failed, next_payment_attempt: '2026-11-05T12:00:00Z' })
    expect(row(/GWI-0001/)).toHaveTextContent('Payment failed')
    expect(row(/GWI-0001/)).toHaveTextContent('Attempt 2 failed on 2 Nov 2026. Next attempt on 5 Nov 2026.')
  })

  it('tell that no further attempt is planned', async () => {
    await showInvoices({ status: 'open', failed_at: '2026-11-02T12:00:00Z', attempt_count: 4 })
    expect(row(/GWI-0001/)).toHaveTextContent(
      'Attempt 4 failed on 2 Nov 2026. No further attempts are scheduled',
    )
  })

  it('that were paid after a failed attempt no longer tell of it', async () => {
    await showInvoices({ failed_at: '2026-11-02T12:00:00Z' })
    expect(row(/GWI-0001/)).toHaveTextContent('Paid')
    expect(row(/GWI-0001/)).not.toHaveTextContent('failed')
  })

  it('that are partly paid tell what is due', async () => {
    await showInvoices({ status: 'open', currency: 'eur', amount_remaining: 900 })
    expect(row(/GWI-0001/)).toHaveTextContent('€29.00€9.00 due')
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
