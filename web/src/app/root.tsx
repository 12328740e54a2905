// Frame of every page: toasts, the offline banner, and a cache that empties at sign-out.
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Outlet, ScrollRestoration } from 'react-router'

import { FullPage } from '@/components/full-page'
import { OfflineBanner } from '@/components/offline-banner'
import { Spinner } from '@/components/spinner'
import { ToastProvider } from '@/components/toast'
import { useSession } from '@/lib/session/store'

export function Root() {
  useForgettingAtSignOut()
  return (
    <ToastProvider>
      <OfflineBanner />
      <Outlet />
      <ScrollRestoration />
    </ToastProvider>
  )
}

export function FirstLoad() {
  return (
    <FullPage>
      <Spinner label="Loading page" />
    </FullPage>
  )
}

/** The next user of this browser must not see the previous user's figures. */
function useForgettingAtSignOut() {
  const { status } = useSession()
  const queries = useQueryClient()
  useEffect(() => {
    if (status === 'signed-out') queries.clear()
  }, [status, queries])
}
