// Creates tenants through the API and records usage for them.
import type { Page } from '@playwright/test'

import { idTokenOf, newAccount, type Account } from './accounts.ts'
import { ask, get, type Answer } from './http.ts'
import { stack } from './stack.ts'

export type Tenant = { id: string; name: string; owner: Account; key: string }
export type LlmCall = {
  provider?: string
  model?: string
  tokens?: number
  run_id?: string
  user_id?: string
  ts?: string
}

const API = `${stack.usage_api}/api/v1`

/** The address of a tenant's page. */
export const pathOf = ({ id }: Pick<Tenant, 'id'>, page = '') => `/t/${id}${page}`

/** A tenant on the free plan, with an owner and a key. */
export async function newTenant(name = 'Acme'): Promise<Tenant> {
  const owner = await newAccount({ name: 'owner' })
  const token = await idTokenOf(owner)
  const { id } = await get<{ id: string }>('POST', `${API}/tenants`, token, { name })
  const scopes = ['usage:write', 'usage:read', 'limits:read', 'billing:write']
  const order = { label: 'agents', scopes, expires_in_days: null }
  const { secret } = await get<{ secret: string }>('POST', `${API}/tenants/${id}/api-keys`, token, order)
  return { id, name, owner, key: secret }
}

/** An account that belongs to `tenant`, by an invitation that it has accepted. */
export async function newMember(tenant: Tenant, role: 'admin' | 'member'): Promise<Account> {
  const member = await newAccount({ name: role })
  const invite = { email: member.email, role }
  await get('PUT', `${API}/tenants/${tenant.id}/members`, await idTokenOf(tenant.owner), invite)
  await get('POST', `${API}/invitations/${tenant.id}/accept`, await idTokenOf(member))
  return member
}

export async function removeMember(tenant: Tenant, { id }: Account) {
  await get('DELETE', `${API}/tenants/${tenant.id}/members/${id}`, await idTokenOf(tenant.owner))
}

/** What `tenant`'s usage route answers to a token, which may be a bad one. */
export const usageAs = (token: string, { id }: Pick<Tenant, 'id'>): Promise<Answer> =>
  ask('GET', `${API}/tenants/${id}/usage`, token)

/** The answer to recording calls of a language model with a key. */
export function record(key: string, ...calls: LlmCall[]): Promise<Answer> {
  const events = calls.map(({ provider = 'openai', model = 'gpt-4.1-mini', tokens = 10, ...rest }) => ({
    category: 'llm',
    provider,
    model,
    tokens: { input_tokens: tokens, output_tokens: 0 },
    ...rest,
  }))
  return ask('POST', `${stack.record_usage}/v1/events`, key, events)
}

/** Sign in at the page's own form, on the way to `path`. */
export async function signIn(page: Page, { email, password }: Omit<Account, 'id'>, path = '/') {
  await page.goto(path)
  await fillCredentials(page, email, password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Go to another page of an app that is open, as its own links do: without loading the app again. */
export async function goWithinApp(page: Page, path: string) {
  await page.evaluate((to) => {
    history.pushState(null, '', to)
    dispatchEvent(new PopStateEvent('popstate'))
  }, path)
}

export async function fillCredentials(page: Page, email: string, password: string) {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
}
