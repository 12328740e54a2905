import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'

import type { StoppedMail } from '@/lib/api/types'
import { problem, serveApi, type Routes } from '@/testing/api'
import { renderPage } from '@/testing/render'

import { StopMailPage } from './stop-mail-page'

const STOP = 'POST /mail/e1/stop'
const STOPPED: StoppedMail = {
  email: 'bob@example.com',
  stopped: true,
  scope: 'tenant',
  tenant_name: 'Acme',
}

function open(routes: Routes) {
  const requests = serveApi(routes)
  renderPage(<StopMailPage />, { path: '/mail/:entry/stop', at: '/mail/e1/stop#t0ken' })
  return requests
}

const press = (name: string) => userEvent.click(screen.getByRole('button', { name }))

test('stops emails when the button is pressed, never before, and starts them again', async () => {
  const requests = open({
    [STOP]: ({ body }) => ({ body: { ...STOPPED, stopped: (body as StoppedMail).stopped } }),
  })
  expect(await screen.findByRole('heading', { name: 'Stop emails' })).toBeVisible()
  expect(requests).toEqual([])
  await press('Stop emails')
  expect(await screen.findByText('bob@example.com gets no more emails about “Acme”.')).toBeVisible()
  await press('Start again')
  expect(await screen.findByText('bob@example.com gets emails about “Acme” again.')).toBeVisible()
  expect(requests.map(({ body }) => body)).toEqual([
    { token: 't0ken', stopped: true },
    { token: 't0ken', stopped: false },
  ])
})

test('says that invitations are stopped from every tenant, and where they still are', async () => {
  open({ [STOP]: { body: { ...STOPPED, scope: 'invitations', tenant_name: null } } })
  await press('Stop emails')
  expect(
    await screen.findByText(
      'bob@example.com gets no more invitation emails. You still see invitations after signing in.',
    ),
  ).toBeVisible()
})

test('says that a link is wrong or too old, and what to do', async () => {
  open({ [STOP]: problem(404, 'not_found', 'this link is not valid any more') })
  await press('Stop emails')
  expect(await screen.findByText('This link is wrong or too old')).toBeVisible()
  expect(screen.getByText('Use the link in a newer email.')).toBeVisible()
})

test('keeps saying what is stopped when starting again fails', async () => {
  open({
    [STOP]: ({ body }) =>
      (body as StoppedMail).stopped ? { body: STOPPED } : problem(503, 'unavailable', 'No answer.'),
  })
  await press('Stop emails')
  expect(await screen.findByText(/gets no more emails/)).toBeVisible()
  await press('Start again')
  expect(await screen.findByText('No answer. Try again.')).toBeVisible()
  expect(screen.getByText(/gets no more emails/)).toBeVisible()
  expect(screen.getByRole('button', { name: 'Start again' })).toBeVisible()
})
