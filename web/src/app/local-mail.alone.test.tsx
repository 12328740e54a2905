// Every page that says that mail is on its way says where to read it on the local stack.
import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, test, vi } from 'vitest'

import { ResetPasswordPage } from '@/features/auth/reset-password-page'
import { VerifyEmailPage } from '@/features/auth/verify-email-page'
import { AlertsPage } from '@/features/notices/alerts-page'
import { MembersPage } from '@/features/people/members-page'
import { publishSession } from '@/lib/session/store'
import { serveApi } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { tenantOf } from '@/testing/tenants'

// No Auth emulator runs here to send it.
vi.mock('@/features/auth/firebase-auth', () => ({ sendResetMail: () => Promise.resolve() }))

const LOCAL = {
  projectId: 'demo-gwi',
  apiKey: 'local',
  authDomain: 'localhost',
  emulators: { auth: '127.0.0.1:9099', firestore: '127.0.0.1:8080' },
}

beforeEach(() => {
  publishSession({
    status: 'signed-in',
    user: { id: 'eve', email: 'eve@example.com', name: null, emailVerified: false },
  })
  serveApi({
    'GET /__/firebase/init.json': { body: LOCAL },
    'GET /tenants/acme/members': { body: { members: [], invites: [] } },
    'GET /tenants/acme/alerts': { body: { alerts: [], next_cursor: null } },
    'GET /tenants/acme/alert-endpoints': { body: { endpoints: [] } },
    'GET /tenants/acme/alert-recipients': { body: { emails: [], recipients: [] } },
    'GET /tenants/acme/alert-thresholds': { body: { percents: [80], is_default: true, version: 'v1' } },
  })
})

const mailLink = () => screen.findByRole('link', { name: '/_mail' })

test.each([
  ['sign-up', <VerifyEmailPage />],
  ['members', <MembersPage />],
  ['alerts', <AlertsPage />],
])('the page of %s does', async (_name, page) => {
  renderPage(page, { tenant: tenantOf() })
  expect(await mailLink()).toBeVisible()
})

test('the page that resets a password does after sending', async () => {
  renderPage(<ResetPasswordPage />)
  expect(screen.queryByRole('link', { name: '/_mail' })).not.toBeInTheDocument()
  await userEvent.type(screen.getByLabelText('Email'), 'eve@example.com')
  await userEvent.click(screen.getByRole('button', { name: 'Send reset link' }))
  expect(await screen.findByText(/we sent a link to reset its password/)).toBeVisible()
  expect(await mailLink()).toBeVisible()
})
