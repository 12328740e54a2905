// Counts a page's API requests and the bytes of its Firestore listeners.
import type { Page } from '@playwright/test'

import { stack } from './stack.ts'

export type Traffic = { api: string[]; listens: number; firestoreBytes: number }

/** The page's traffic from now on, counted as it happens. */
export async function watchTraffic(page: Page): Promise<Traffic> {
  const traffic: Traffic = { api: [], listens: 0, firestoreBytes: 0 }
  const channels = new Set<string>()
  const network = await page.context().newCDPSession(page)
  network.on('Network.requestWillBeSent', ({ requestId, request }) => {
    const { host, pathname } = new URL(request.url)
    if (pathname.startsWith('/api/')) traffic.api.push(`${request.method} ${pathname}`)
    if (host !== stack.firestore) return
    channels.add(requestId)
    traffic.listens += request.postData?.match(/addTarget/g)?.length ?? 0
  })
  network.on('Network.dataReceived', ({ requestId, dataLength }) => {
    if (channels.has(requestId)) traffic.firestoreBytes += dataLength
  })
  await network.send('Network.enable')
  return traffic
}
