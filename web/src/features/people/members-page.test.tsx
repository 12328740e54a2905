import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, test } from 'vitest'

import type { ApiKey, Member, Role } from '@/lib/api/types'
import { publishSession } from '@/lib/session/store'
import { problem, serveApi } from '@/testing/api'
import { renderPage } from '@/testing/render'
import { tenantOf } from '@/testing/tenants'
import { usageOf } from '@/testing/usage'

import { MembersPage } from './members-page'

const MEMBERS = '/tenants/acme/members'
const member = (id: string, role: Role): Member => ({
  id,
  email: `${id}@example.com`,
  name: null,
  role,
  joined_at: '2026-11-01T00:00:00Z',
  version: `${id} ${role}`,
  api_keys: [],
})
const INVITE = {
  id: 'inv',
  email: 'eve@example.com',
  role: 'member',
  invited_by: 'ada@example.com',
  invited_at: '2026-11-20T00:00:00Z',
  expires_at: '2026-12-04T00:00:00Z',
  version: 'inv',
  link: 'https://usage.example.com/join/acme',
}
const LIST = { body: { members: [member('ada', 'owner'), member('bob', 'member')], invites: [INVITE] } }

const show = (role: Role = 'owner') => renderPage(<MembersPage />, { tenant: tenantOf(role) })

beforeEach(() => {
  const user = { id: 'ada', email: 'ada@example.com', name: null, emailVerified: true }
  publishSession({ status: 'signed-in', user })
})

test('invites by address and role', async () => {
  const requests = serveApi({
    [`GET ${MEMBERS}`]: LIST,
    [`PUT ${MEMBERS}`]: { body: { ...INVITE, mailed: true } },
  })
  show()
  await userEvent.type(screen.getByLabelText('Email'), ' eve@example.com ')
  await userEvent.selectOptions(screen.getByLabelText('Role'), 'admin')
  await userEvent.click(screen.getByRole('button', { name: 'Invite' }))
  expect(
    await screen.findByText('eve@example.com is invited. We email them within about a minute.'),
  ).toBeVisible()
  expect(requests.find(({ method }) => method === 'PUT')?.body).toEqual({
    email: 'eve@example.com',
    role: 'admin',
  })
})

test('offers the link to whoever was emailed today already', async () => {
  const withoutInvites = { body: { members: [member('ada', 'owner')], invites: [] } }
  serveApi({
    [`GET ${MEMBERS}`]: withoutInvites,
    [`PUT ${MEMBERS}`]: { body: { ...INVITE, mailed: false } },
  })
  const user = userEvent.setup()
  show()
  await user.type(screen.getByLabelText('Email'), 'eve@example.com')
  await user.click(screen.getByRole('button', { name: 'Invite' }))
  expect(await screen.findByText('They were already emailed today. Copy the link instead.')).toBeVisible()
  expect(screen.queryByText(/We email them within about a minute\.$/)).not.toBeInTheDocument()
  await user.click(screen.getByRole('button', { name: 'Copy invitation link for eve@example.com' }))
  expect(await navigator.clipboard.readText()).toBe(INVITE.link)
})

test('copies the link of a pending invitation', async () => {
  serveApi({ [`GET ${MEMBERS}`]: LIST })
  const user = userEvent.setup()
  show()
  await user.click(await screen.findByRole('button', { name: 'Copy invitation link for eve@example.com' }))
  expect(await navigator.clipboard.readText()).toBe(INVITE.link)
})

test('shows at the email that it belongs to a member already', async () => {
  const refusal = problem(409, 'already_member', 'bob@example.com is a member already')
  serveApi({ [`GET ${MEMBERS}`]: LIST, [`PUT ${MEMBERS}`]: refusal })
  show()
  await userEvent.type(screen.getByLabelText('Email'), 'bob@example.com')
  await userEvent.click(screen.getByRole('button', { name: 'Invite' }))
  expect(await screen.findByText('bob@example.com is a member already')).toBeVisible()
})

test('shows the reason when the last owner wants to leave', async () => {
  const refusal = problem(409, 'last_owner', 'ada@example.com is the last owner')
  serveApi({ [`GET ${MEMBERS}`]: LIST, [`DELETE ${MEMBERS}/ada`]: refusal })
  show()
  await userEvent.click(await screen.findByRole('button', { name: 'Leave this tenant' }))
  await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Leave' }))
  expect(await screen.findByText('ada@example.com is the last owner')).toBeVisible()
})

test('changes a role at once, and takes it back when it is refused', async () => {
  const refusal = problem(403, 'missing_role', 'only owners make owners')
  serveApi({ [`GET ${MEMBERS}`]: LIST, [`PUT ${MEMBERS}/bob`]: refusal })
  show()
  const choice = await screen.findByLabelText('Role of bob@example.com')
  await userEvent.selectOptions(choice, 'admin')
  expect(await screen.findByText('only owners make owners')).toBeVisible()
  expect(choice).toHaveValue('member')
})

const KEY: ApiKey = {
  id: 'ab12cd34',
  label: 'Deploy',
  prefix: 'gwi_live_1234a',
  scopes: ['usage:read'],
  created_at: '2026-11-02T00:00:00Z',
  expires_at: null,
  revoked_at: null,
  last_used_at: null,
  created_by: 'member:bob@example.com',
  status: 'active',
}
const BOB = { ...member('bob', 'admin'), api_keys: [KEY] }
const WITH_KEYS = { body: { members: [member('ada', 'owner'), BOB], invites: [] } }

test('shows the keys that outlive a membership before it ends, with the page that revokes them', async () => {
  const requests = serveApi({
    [`GET ${MEMBERS}`]: WITH_KEYS,
    [`DELETE ${MEMBERS}/bob`]: { body: { api_keys: [KEY] } },
  })
  show()
  await userEvent.click(await screen.findByRole('button', { name: 'Remove bob@example.com' }))
  const dialog = within(screen.getByRole('dialog'))
  expect(dialog.getByText('An API key that bob@example.com created keeps working')).toBeVisible()
  expect(dialog.getByRole('listitem')).toHaveTextContent('Deploy gwi_live_1234a…')
  expect(dialog.getByRole('link', { name: 'Revoke keys' })).toHaveAttribute('href', '/t/acme/settings/keys')
  await userEvent.click(dialog.getByRole('button', { name: 'Remove' }))
  expect(await screen.findByText('bob@example.com removed')).toBeVisible()
  expect(requests.some(({ method }) => method === 'DELETE')).toBe(true)
})

test('says nothing of keys where there are none', async () => {
  serveApi({ [`GET ${MEMBERS}`]: LIST })
  show()
  await userEvent.click(await screen.findByRole('button', { name: 'Remove bob@example.com' }))
  expect(within(screen.getByRole('dialog')).queryByText(/API key/)).not.toBeInTheDocument()
})

test.each([
  ['member', true],
  ['owner', false],
])('a member who becomes %s and made keys: they are shown, %s', async (role, areShown) => {
  serveApi({
    [`GET ${MEMBERS}`]: WITH_KEYS,
    [`PUT ${MEMBERS}/bob`]: { body: { ...BOB, role } },
    'GET /tenants/acme/usage': { body: usageOf() },
  })
  show()
  await userEvent.selectOptions(await screen.findByLabelText('Role of bob@example.com'), role)
  expect(await screen.findByText(`bob@example.com is now ${role}`)).toBeVisible()
  expect(screen.queryAllByText('bob@example.com no longer manages API keys')).toHaveLength(areShown ? 1 : 0)
  expect(screen.queryAllByRole('link', { name: 'Revoke keys' })).toHaveLength(areShown ? 1 : 0)
})

test('an admin leaves owners as they are', async () => {
  serveApi({ [`GET ${MEMBERS}`]: LIST })
  publishSession({
    status: 'signed-in',
    user: { id: 'eve', email: 'eve@example.com', name: null, emailVerified: true },
  })
  show('admin')
  expect(await screen.findByLabelText('Role of bob@example.com')).toBeVisible()
  expect(screen.queryByLabelText('Role of ada@example.com')).not.toBeInTheDocument()
  expect(screen.queryByRole('button', { name: 'Remove ada@example.com' })).not.toBeInTheDocument()
})

test('withdraws an invitation', async () => {
  const requests = serveApi({ [`GET ${MEMBERS}`]: LIST, 'DELETE /tenants/acme/invites/inv': { status: 204 } })
  show()
  await userEvent.click(
    await screen.findByRole('button', { name: 'Withdraw invitation for eve@example.com' }),
  )
  expect(await screen.findByText('Invitation for eve@example.com withdrawn')).toBeVisible()
  expect(requests.some(({ method }) => method === 'DELETE')).toBe(true)
})
