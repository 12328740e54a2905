// Creates and changes accounts in the Auth emulator as its administrator.
import { randomUUID } from 'node:crypto'

import { get } from './http.ts'
import { stack } from './stack.ts'

export type Account = { id: string; email: string; password: string }

const TOOLKIT = `http://${stack.auth}/identitytoolkit.googleapis.com/v1`
const ACCOUNTS = `${TOOLKIT}/projects/${stack.project_id}/accounts`
const MAILS = `http://${stack.auth}/emulator/v1/projects/${stack.project_id}/oobCodes`
const AS_ADMINISTRATOR = 'owner'
const PASSWORD = 'correct-horse-battery'

/** An address that nobody has yet, and a password. */
export const newCredentials = (name = 'person') => ({
  email: `${name}-${randomUUID().slice(0, 8)}@example.com`,
  password: PASSWORD,
})

export async function newAccount({ name = 'person', emailVerified = true } = {}): Promise<Account> {
  const credentials = newCredentials(name)
  const made = await get<{ localId: string }>('POST', ACCOUNTS, AS_ADMINISTRATOR, {
    ...credentials,
    emailVerified,
  })
  return { ...credentials, id: made.localId }
}

export async function setDisabled({ id: localId }: Account, disableUser: boolean) {
  await get('POST', `${ACCOUNTS}:update`, AS_ADMINISTRATOR, { localId, disableUser })
}

/** A token with which the account calls the API. */
export async function idTokenOf({ email, password }: Omit<Account, 'id'>): Promise<string> {
  const url = `${TOOLKIT}/accounts:signInWithPassword?key=local`
  const signedIn = await get<{ idToken: string }>('POST', url, AS_ADMINISTRATOR, {
    email,
    password,
    returnSecureToken: true,
  })
  return signedIn.idToken
}

/** The link in the last mail that asked `email` to confirm the address. */
export async function confirmationLink(email: string): Promise<string> {
  type Mail = { email: string; requestType: string; oobLink: string }
  const { oobCodes } = await get<{ oobCodes: Mail[] }>('GET', MAILS, AS_ADMINISTRATOR)
  const mail = oobCodes.findLast((each) => each.email === email && each.requestType === 'VERIFY_EMAIL')
  if (!mail) throw new Error(`no mail asked ${email} to confirm the address`)
  return mail.oobLink
}
