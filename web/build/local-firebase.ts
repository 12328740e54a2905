// What Firebase Hosting does for the deployed app, done by Vite's dev and preview servers: init.json and the headers.
import { readFileSync } from 'node:fs'

import type { Connect, Plugin } from 'vite'

type Header = { key: string; value: string }
type HostingConfig = { hosting: { headers: { source: string; headers: Header[] }[] } }
type Environment = Record<string, string | undefined>

const INIT_PATH = '/__/firebase/init.json'

/** The web configuration that Hosting would serve, with the emulators' addresses; null outside the local stack. */
export function localConfig(environment: Environment) {
  const { GWI_WEB_PROJECT: projectId, GWI_WEB_AUTH: auth, GWI_WEB_FIRESTORE: firestore } = environment
  if (!projectId || !auth || !firestore) return null
  return { projectId, apiKey: 'local', authDomain: 'localhost', emulators: { auth, firestore } }
}

/** The headers of firebase.json for every page, where the emulators stand for Firebase's own hosts too. */
export function hostingHeaders(firebaseJson: HostingConfig, environment: Environment): Header[] {
  const { GWI_WEB_AUTH: auth, GWI_WEB_FIRESTORE: firestore } = environment
  const everywhere = firebaseJson.hosting.headers.find(({ source }) => source === '!/__/**')
  return (everywhere?.headers ?? []).map(({ key, value }) => {
    const connecting = widened(value, 'connect-src', [auth, firestore])
    return { key, value: widened(connecting, 'frame-src', [auth]) }
  })
}

function widened(policy: string, directive: string, hosts: (string | undefined)[]): string {
  const extra = hosts.flatMap((host) => (host ? [` http://${host}`] : [])).join('')
  return policy.replace(new RegExp(`${directive} [^;]*`), (sources) => sources + extra)
}

/** Serves init.json, and the production headers wherever the production build is served. */
export function localFirebase(firebaseJsonUrl: URL): Plugin {
  const config = localConfig(process.env)
  const answer: Connect.NextHandleFunction = (request, response, next) => {
    if (request.url !== INIT_PATH || !config) {
      next()
      return
    }
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(config))
  }
  return {
    name: 'local-firebase',
    configureServer: (server) => void server.middlewares.use(answer),
    configurePreviewServer: (server) => {
      const headers = hostingHeaders(
        JSON.parse(readFileSync(firebaseJsonUrl, 'utf8')) as HostingConfig,
        process.env,
      )
      server.middlewares.use((_request, response, next) => {
        for (const { key, value } of headers) response.setHeader(key, value)
        next()
      })
      server.middlewares.use(answer)
    },
  }
}
