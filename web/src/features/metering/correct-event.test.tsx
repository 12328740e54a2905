import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'

import type { Role, UsageEvent } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { eventOf, runOf } from '@/testing/runs'
import { tenantOf } from '@/testing/tenants'

import { RunPage } from './run-page'
import { stepPath } from './run-address'

const VOID = 'POST /tenants/acme/events/event-1/void'
const CORRECTION = {
  state: 'voided',
  reason: 'Sent by a load test',
  by: 'member:ann@example.com',
  at: '2026-11-23T09:00:00Z',
  replaced_by: null,
  replaces: null,
} as const

async function openStep(event: Partial<UsageEvent>, role: Role = 'owner', routes: Routes = {}) {
  const events = [eventOf(event)]
  const requests = serveApi({
    'GET /tenants/acme/runs/run-1': { body: runOf() },
    'GET /tenants/acme/runs/run-1/tree': { body: { runs: [], is_cut: false } },
    'GET /tenants/acme/events': () => ({ body: { events, next_cursor: null } }),
    ...routes,
  })
  renderPage(<RunPage />, {
    at: stepPath('acme', 'run-1', 'event-1'),
    path: 't/:tenant/runs/*',
    tenant: tenantOf(role),
  })
  const step = await screen.findByRole('dialog')
  return { requests, step, events }
}

describe('an event', () => {
  it('is voided with a reason, and then shown struck through with it', async () => {
    const { requests, step, events } = await openStep({}, 'owner', { [VOID]: () => ({ body: events[0] }) })
    await userEvent.click(within(step).getByRole('button', { name: 'Void event' }))
    const asked = await screen.findByRole('dialog', { name: 'Void this event?' })
    await userEvent.type(within(asked).getByLabelText('Reason'), 'Sent by a load test')
    events[0] = eventOf({ correction: CORRECTION })
    await userEvent.click(within(asked).getByRole('button', { name: 'Void event' }))
    expect(await within(step).findByText('This event is void: it does not count')).toBeVisible()
    expect(within(step).getByText('Sent by a load test')).toBeVisible()
    expect(requests.find(({ path }) => path.endsWith('/void'))?.body).toEqual({
      reason: 'Sent by a load test',
    })
  })

  it('that is void is struck through and can be taken back', async () => {
    const { step } = await openStep({ correction: CORRECTION })
    expect(within(step).getByRole('button', { name: 'Take back the void' })).toBeVisible()
    const list = screen.getByRole('list', { name: 'Steps, in the order in which they began', hidden: true })
    expect(within(list).getByText('gpt-4.1-mini').tagName).toBe('S')
    expect(within(list).getByText('$0.06').tagName).toBe('S')
    expect(within(list).getByText('Void')).toBeInTheDocument()
  })

  it('that somebody else has corrected says so', async () => {
    const { step } = await openStep({}, 'owner', {
      [VOID]: problem(409, 'already_voided', 'the event is void; take that back first'),
    })
    await userEvent.click(within(step).getByRole('button', { name: 'Void event' }))
    const asked = await screen.findByRole('dialog', { name: 'Void this event?' })
    await userEvent.type(within(asked).getByLabelText('Reason'), 'x')
    await userEvent.click(within(asked).getByRole('button', { name: 'Void event' }))
    expect(await within(asked).findByRole('alert')).toHaveTextContent('the event is void')
  })

  it('is amended in what the form shows, and keeps the rest', async () => {
    const { requests, step, events } = await openStep(
      { workflow_id: 'triage', cost_status: 'exact' },
      'admin',
      {
        'POST /tenants/acme/events/event-1/amend': () => ({ body: events[0] }),
      },
    )
    await userEvent.click(within(step).getByRole('button', { name: 'Amend event' }))
    const asked = await screen.findByRole('dialog', { name: 'Amend this event' })
    const input = within(asked).getByLabelText('Input tokens')
    expect(input).toHaveValue(1000)
    await userEvent.clear(input)
    await userEvent.type(input, '500')
    await userEvent.type(within(asked).getByLabelText('Reason'), 'Counted twice')
    await userEvent.click(within(asked).getByRole('button', { name: 'Amend event' }))
    await waitFor(() => expect(screen.queryByRole('dialog', { name: 'Amend this event' })).toBeNull())
    const kept = { category: 'llm', status: 'ok', latency_ms: 2000, run_id: 'run-1', workflow_id: 'triage' }
    const none = {
      cache_read_tokens: 0,
      cache_write_tokens: 0,
      cache_write_1h_tokens: 0,
      reasoning_tokens: 0,
    }
    expect(requests.find(({ path }) => path.endsWith('/amend'))?.body).toEqual({
      reason: 'Counted twice',
      event: {
        ...kept,
        provider: 'openai',
        model: 'gpt-4.1-mini',
        tokens: { ...none, input_tokens: 500, output_tokens: 200 },
      },
    })
  })

  it('that was replaced leads to its amendment and is not corrected', async () => {
    const { step } = await openStep({
      correction: { ...CORRECTION, state: 'amended', replaced_by: 'amendment-1' },
    })
    expect(within(step).getByRole('link', { name: 'amendment-1' })).toHaveAttribute(
      'href',
      '/t/acme/runs/run-1?step=amendment-1',
    )
    expect(within(step).queryByRole('button', { name: /event$/ })).toBeNull()
  })

  it('is not corrected by members', async () => {
    const { step } = await openStep({}, 'member')
    expect(within(step).queryByRole('button', { name: 'Void event' })).toBeNull()
  })
})
