// Runs the admin tool on the local stack, as an operator's colleague would.
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { newAccount, type Account } from './accounts.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

const FOLDER = resolve(process.env.GWI_STACK ?? '')

export async function admin(...command: string[]) {
  const python = process.env.GWI_PYTHON ?? '.venv/bin/python'
  const tool = ['-m', 'tools.admin', '--stack', '--folder', FOLDER, '--yes']
  await promisify(execFile)(python, [...tool, ...command], { cwd: ROOT })
}

export async function newOperator(): Promise<Account> {
  const account = await newAccount({ name: 'operator' })
  await admin('operator', 'add', account.email)
  return account
}
