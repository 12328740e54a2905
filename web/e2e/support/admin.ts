// Runs Python on the local stack: the admin tool, as an operator's colleague would, and what prepares a test.
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { newAccount, type Account } from './accounts.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

const FOLDER = resolve(process.env.GWI_STACK ?? '')

export const admin = (...command: string[]) =>
  runModule('tools.admin', '--stack', '--folder', FOLDER, '--yes', ...command)

export async function newOperator(): Promise<Account> {
  const account = await newAccount({ name: 'operator' })
  await admin('operator', 'add', account.email)
  return account
}

/** Put 10,000 tenants into the stack, or take them away. */
export const addTenThousandTenants = () => runModule('tests.ten_thousand_tenants', FOLDER)
export const removeTenThousandTenants = () => runModule('tests.ten_thousand_tenants', FOLDER, '--remove')

async function runModule(...command: string[]) {
  const python = process.env.GWI_PYTHON ?? '.venv/bin/python'
  await promisify(execFile)(python, ['-m', ...command], { cwd: ROOT })
}
