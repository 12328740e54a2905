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
      <title>Something failed · GWI Usage</title>
      <ErrorState
        level={1}
        title="This page could not be shown"
        message="It failed to load, perhaps because a new version was just published."
        onRetry={() => window.location.reload()}
      />
    </FullPage>
  )
}
