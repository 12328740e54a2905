// Serves the Python client from where the app is: a wheel made of client/, whose name has the version.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Plugin } from 'vite'

const CLIENT = fileURLToPath(new URL('../../client', import.meta.url))
const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url))

/** The path of the wheel below the app's address; pip reads name and version from it. */
export function wheelPath(): string {
  const version = /^version = "(.+)"$/m.exec(readFileSync(join(CLIENT, 'pyproject.toml'), 'utf8'))?.[1]
  if (!version) throw new Error('client/pyproject.toml states no version')
  return `client/gwi_usage-${version}-py3-none-any.whl`
}

function builtWheel(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'gwi-client-'))
  execFileSync(PYTHON, ['-m', 'hatchling', 'build', '-t', 'wheel', '-d', folder], { cwd: CLIENT })
  return readFileSync(join(folder, wheelPath().slice('client/'.length)))
}

export const clientPackage: Plugin = {
  name: 'client-package',
  config: () => ({ define: { __CLIENT_WHEEL__: JSON.stringify(wheelPath()) } }),
  configureServer: (server) => {
    server.middlewares.use(`/${wheelPath()}`, (_request, response) => void response.end(builtWheel()))
  },
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: wheelPath(), source: builtWheel() })
  },
}
