// What surrounds every page: messages that pass, the word that the browser is offline, and forgetting at sign-out.
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

/** While the script of the page that was asked for is on its way. */
export function FirstLoad() {
  return (
    <FullPage>
      <Spinner label="Loading page" />
    </FullPage>
  )
}

/** The next person at this browser must not see a glimpse of the last one's figures. */
function useForgettingAtSignOut() {
  const { status } = useSession()
  const queries = useQueryClient()
  useEffect(() => {
    if (status === 'signed-out') queries.clear()
  }, [status, queries])
}
