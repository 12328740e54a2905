// Shown when a page fails to load or render.
import { useRouteError } from 'react-router'

import { ErrorState } from '@/components/error-state'
import { FullPage } from '@/components/full-page'

export function RouteError() {
  const error = useRouteError()
  // The page shows no details, so keep them in the console.
  console.error(error)
  return (
    <FullPage>
      <title>Something went wrong · GWI Usage</title>
      <ErrorState
        level={1}
        title="This page failed to load"
        message="A new version may have been published. Try again to load it."
        onRetry={() => window.location.reload()}
      />
    </FullPage>
  )
}
