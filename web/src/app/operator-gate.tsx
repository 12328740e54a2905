// The way into the operator console. Its script loads only after the API said that the reader is an operator.
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'

import { ErrorState } from '@/components/error-state'
import { FullPage } from '@/components/full-page'
import { meQuery } from '@/lib/api/queries'

import { NotFoundPage } from './not-found-page'
import { FirstLoad } from './root'

const OperatorConsole = lazy(async () => ({
  default: (await import('@/features/platform/operator-console')).OperatorConsole,
}))

export function OperatorGate() {
  const me = useQuery(meQuery())
  if (me.data?.is_operator) {
    return (
      <Suspense fallback={<FirstLoad />}>
        <OperatorConsole />
      </Suspense>
    )
  }
  if (me.data) return <NotFoundPage />
  if (!me.error) return <FirstLoad />
  return (
    <FullPage>
      <ErrorState level={1} title="Could not load your account" query={me} />
    </FullPage>
  )
}
