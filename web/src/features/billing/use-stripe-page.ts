// Asks the API for the address of a Stripe page, then opens it.
import { useMutation } from '@tanstack/react-query'
import { useEffect } from 'react'

import { call } from '@/lib/api/client'
import { tenantPath } from '@/lib/api/queries'
import type { Interval } from '@/lib/api/types'

import { stripeAddress } from './stripe-address'

export type StripePage = { name: 'checkout'; plan: string; interval: Interval } | { name: 'portal' }

/**
 * `leave` goes to a page of Stripe's, and calls `onLeave` when its address is there, just before the browser leaves.
 * `leaving`: on the way, also while the browser loads that page. `error`: why it did not get there.
 */
export function useStripePage(tenant: string, onLeave?: () => void) {
  const { mutate, reset, error, isPending, isSuccess } = useMutation({
    mutationFn: (page: StripePage) => addressOf(tenant, page),
    onSuccess: (address) => {
      onLeave?.()
      window.location.assign(address)
    },
  })
  useReturn(reset)
  return { leave: mutate, leaving: isPending || isSuccess, error }
}

async function addressOf(tenant: string, page: StripePage): Promise<string> {
  const { url } = await call<{ url: string }>(`${tenantPath(tenant)}/${page.name}-sessions`, {
    method: 'POST',
    body: page.name === 'checkout' ? { plan: page.plan, interval: page.interval } : {},
  })
  const address = stripeAddress(url)
  if (address === null) throw new Error(`The service returned an address that is not Stripe's: ${url}`)
  return address
}

/** The back button may restore this page with its button still loading, so reset it. */
function useReturn(reset: () => void) {
  useEffect(() => {
    const shown = (event: PageTransitionEvent) => event.persisted && reset()
    window.addEventListener('pageshow', shown)
    return () => window.removeEventListener('pageshow', shown)
  }, [reset])
}
