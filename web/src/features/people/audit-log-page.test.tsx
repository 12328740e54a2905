import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import { problem, serveApi } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { tenantOf } from '@/testing/tenants'

import { AuditLogPage } from './audit-log-page'

const ROUTE = 'GET /tenants/acme/audit'
const RENAMED = {
  at: '2026-11-22T12:00:00Z',
  actor: 'member:ada@example.com',
  actor_kind: 'member',
  action: 'tenant.renamed',
  before: 'Acme',
  after: '<b>Acme</b>',
  reason: 'new company name',
}

test('an owner sees who changed what, and why', async () => {
  serveApi({ [ROUTE]: { body: { entries: [RENAMED], next_cursor: null } } })
  renderPage(<AuditLogPage />, { tenant: tenantOf() })
  const entry = await screen.findByRole('row', { name: /tenant\.renamed/ })
  expect(entry).toHaveTextContent('member:ada@example.com')
  expect(entry).toHaveTextContent('Acme → <b>Acme</b>')
  expect(entry).toHaveTextContent('new company name')
})

test('older changes are read when they are asked for', async () => {
  const older = { ...RENAMED, action: 'tenant.created', reason: '' }
  const requests = serveApi({
    [ROUTE]: ({ query }) =>
      query.get('cursor') === 'c2'
        ? { body: { entries: [older], next_cursor: null } }
        : { body: { entries: [RENAMED], next_cursor: 'c2' } },
  })
  renderPage(<AuditLogPage />, { tenant: tenantOf() })
  await userEvent.click(await screen.findByRole('button', { name: 'Load more' }))
  expect(await screen.findByRole('row', { name: /tenant\.created/ })).toBeVisible()
  expect(requests).toHaveLength(2)
})

test('a log that cannot be read says so', async () => {
  serveApi({ [ROUTE]: problem(503, 'unavailable', 'Firestore does not answer.') })
  renderPage(<AuditLogPage />, { tenant: tenantOf() })
  expect(await screen.findByText('Firestore does not answer.')).toBeVisible()
})
