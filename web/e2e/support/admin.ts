// Runs the admin tool on the local stack, as an operator's colleague would in a terminal.
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

export async function admin(...command: string[]) {
  const folder = resolve(process.env.GWI_STACK ?? '')
  const python = process.env.GWI_PYTHON ?? '.venv/bin/python'
  const tool = ['-m', 'tools.admin', '--stack', '--folder', folder, '--yes']
  await promisify(execFile)(python, [...tool, ...command], { cwd: ROOT })
}
