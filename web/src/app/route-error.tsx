// Shown when a page fails to load or render.
import { useRouteError } from 'react-router'

import { ErrorState } from '@/components/error-state'
import { FullPage } from '@/components/full-page'
import { useOnline, useWhenOnline } from '@/lib/online'

export function RouteError() {
  return (
    <FullPage>
      <PageError />
    </FullPage>
  )
}

/** In place of the page alone, where navigation stands around it. */
export function PageError() {
  const error = useRouteError()
  const isOnline = useOnline()
  useWhenOnline(reload)
  // The page shows no details, so keep them in the console.
  console.error(error)
  return (
    <>
      <title>Something went wrong · GWI Usage</title>
      <ErrorState
        level={1}
        title="This page failed to load"
        message={
          isOnline
            ? 'A new version may have been published. Try again to load it.'
            : 'You are offline. This page loads once you are back online.'
        }
        {...(isOnline && { onRetry: reload })}
      />
    </>
  )
}

const reload = () => window.location.reload()
