// A page that failed while it was loaded or shown: says so, and offers to load it again.
import { useRouteError } from 'react-router'

import { ErrorState } from '@/components/error-state'
import { FullPage } from '@/components/full-page'

export function RouteError() {
  const error = useRouteError()
  // For whoever looks into it: the page itself tells a person only what they can do.
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
