// Polls for up to a minute after checkout, until the plan has changed.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

import { meQuery, invoicesQuery, usageQuery } from '@/lib/api/queries'
import type { BillingState } from '@/lib/api/types'

import type { PendingCheckout } from './pending-checkout'
import { isGranted } from './subscription'

/** Stripe usually confirms within seconds. 60 s in total. */
export const WAITS_MS = [1000, 1000, 2000, 3000, 4000, 5000, 6000, 8000, 10_000, 10_000, 10_000]

type Waiting = {
  billing: BillingState
  confirmation: Confirmation
  gaveUp: boolean
  error: Error | null
  again: () => void
}

/** Poll until what was ordered has happened, or is scheduled. `known` is used until the first response. */
export function usePlanConfirmation(
  tenant: string,
  known: BillingState,
  pending: PendingCheckout | null,
): Waiting {
  const queries = useQueryClient()
  const [asked, setAsked] = useState(0)
  // The tenant's frame has just read it; only the waits below ask again.
  const { data, error } = useQuery({ ...usageQuery(tenant), staleTime: Infinity })
  const billing = data?.billing ?? known
  const confirmation = confirmationOf(billing, pending)
  const wait_ms = confirmation === 'not-yet' ? WAITS_MS[asked] : undefined
  useEffect(() => {
    if (wait_ms === undefined) return
    const ask = async () => {
      await queries.refetchQueries(usageQuery(tenant))
      setAsked(asked + 1)
    }
    const timer = setTimeout(() => void ask(), wait_ms)
    return () => clearTimeout(timer)
  }, [queries, tenant, asked, wait_ms])
  useEffect(() => {
    if (confirmation !== 'changed') return
    void queries.invalidateQueries(meQuery())
    void queries.invalidateQueries({ queryKey: invoicesQuery(tenant).queryKey })
  }, [queries, tenant, confirmation])
  const gaveUp = confirmation === 'not-yet' && wait_ms === undefined
  return { billing, confirmation, gaveUp, error, again: () => setAsked(0) }
}

/**
 * "changed": since the order. "scheduled": the order takes effect later. "ending": the plan ends later.
 * "subscribed": there is a subscription, but nothing shows what was before.
 */
export type Confirmation = 'changed' | 'scheduled' | 'ending' | 'subscribed' | 'not-yet'

function confirmationOf(now: BillingState, pending: PendingCheckout | null): Confirmation {
  if (!isGranted(now)) return 'not-yet'
  if (pending === null) return 'subscribed'
  const { plan, interval, before, ends } = pending
  if (now.scheduled_plan === plan && now.scheduled_interval === interval) return 'scheduled'
  if (ends) return now.ends_at === null ? 'not-yet' : 'ending'
  const isSame = now.plan === before.plan && now.status === before.status && now.interval === before.interval
  return isSame ? 'not-yet' : 'changed'
}
