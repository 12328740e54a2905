// Counts the calls to Firestore that each request of a page costs, by the log of the local stack.
import { expect, type Page } from '@playwright/test'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

type Request = { path: string; trace: string }
type Line = { 'logging.googleapis.com/trace'?: string; calls?: number }

const LOG = join(process.env.GWI_STACK ?? '', 'logs/usage_api.log')

/** The page's requests to the API from now on, each as a trace of its own, by which the log tells them apart. */
export async function traceRequests(page: Page): Promise<Request[]> {
  const requests: Request[] = []
  await page.route('**/api/v1/**', async (route) => {
    const request = route.request()
    const trace = randomBytes(16).toString('hex')
    requests.push({ path: new URL(request.url()).pathname.replace('/api/v1', ''), trace })
    const traceparent = `00-${trace}-${trace.slice(16)}-01`
    await route.continue({ headers: { ...request.headers(), traceparent } })
  })
  return requests
}

/** The calls that a request cost; its line is written after its answer. */
export async function callsOf({ trace }: Request): Promise<number> {
  const isOfTrace = (line: Line) => line['logging.googleapis.com/trace']?.endsWith(trace)
  const find = async () => (await lines()).find((line) => isOfTrace(line) && line.calls !== undefined)
  await expect.poll(find).toBeDefined()
  return (await find())?.calls ?? NaN
}

/** The lines of the log that are the product's own. */
async function lines(): Promise<Line[]> {
  const written = (await readFile(LOG, 'utf8')).split('\n')
  return written.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line)
}
