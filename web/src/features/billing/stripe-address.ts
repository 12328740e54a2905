// Addresses that are safe to open as Stripe pages.

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']

/** The address, if it is encrypted or of the local double of Stripe on this machine; null for any other. */
export function stripeAddress(address: string | null): string | null {
  if (address === null || !URL.canParse(address)) return null
  const url = new URL(address)
  const isLocal = url.protocol === 'http:' && LOOPBACK.includes(url.hostname)
  return url.protocol === 'https:' || isLocal ? url.href : null
}
