// Builds the app with React Router's production build, which the package has and does not export.
import { fileURLToPath } from 'node:url'

import type { Plugin } from 'vite'

const BUILD = new URL('../node_modules/react-router/dist/production/index.mjs', import.meta.url)

/** Without it, the development build's warnings travel to every reader: https://github.com/remix-run/react-router/issues/14102 */
export const productionRouter: Plugin = {
  name: 'production-router',
  apply: 'build',
  config: () => ({ resolve: { alias: [{ find: /^react-router$/, replacement: fileURLToPath(BUILD) }] } }),
}
