import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import { problem, serveApi, type Routes } from '@/testing/api'
import { renderPage } from '@/testing/render'

import { ConfirmAlertsPage } from './confirm-alerts-page'

const CONFIRM = 'POST /mail/e1/confirm'

function open(routes: Routes, fragment = '#t0ken') {
  const requests = serveApi(routes)
  renderPage(<ConfirmAlertsPage />, { path: '/mail/:entry/confirm', at: `/mail/e1/confirm${fragment}` })
  return requests
}

const confirm = () => userEvent.click(screen.getByRole('button', { name: 'Confirm' }))

test('confirms an address when the button is pressed, never before', async () => {
  const requests = open({ [CONFIRM]: { body: { email: 'bob@example.com', tenant_name: 'Acme' } } })
  expect(await screen.findByRole('heading', { name: 'Confirm your address' })).toBeVisible()
  expect(requests).toEqual([])
  await confirm()
  expect(await screen.findByText('You get the alerts of “Acme”.')).toBeVisible()
  expect(requests[0]?.body).toEqual({ token: 't0ken' })
  expect(screen.queryByRole('button', { name: 'Confirm' })).not.toBeInTheDocument()
})

test('says that a link is wrong or too old, and what to do', async () => {
  open({ [CONFIRM]: problem(404, 'not_found', 'this link is not valid any more') })
  await confirm()
  expect(await screen.findByText('This link is wrong or too old')).toBeVisible()
  expect(screen.getByText('Ask the person who added your address to add it again.')).toBeVisible()
})

test('says so at once where the link lost its token', () => {
  open({}, '')
  expect(screen.getByText('This link is wrong or too old')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Confirm' })).toBeDisabled()
})

test('does not blame the link for a failure of the service', async () => {
  open({ [CONFIRM]: problem(503, 'unavailable', 'Firestore does not answer.') })
  await confirm()
  expect(await screen.findByText('Firestore does not answer. Try again.')).toBeVisible()
  expect(screen.queryByText('This link is wrong or too old')).not.toBeInTheDocument()
})
