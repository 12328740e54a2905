// Reads stack.json of the running local stack.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

type Stack = {
  project_id: string
  web: string
  usage_api: string
  record_usage: string
  stripe: string
  auth: string
  firestore: string
  tenant_id: string
  api_key: string
  user: { email: string; password: string }
}

const FILE = 'stack.json'

export const stack = read(process.env.GWI_STACK)

function read(folder: string | undefined): Stack {
  if (!folder) throw new Error('GWI_STACK must name the folder of a running stack, such as "../.local"')
  return JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Stack
}
