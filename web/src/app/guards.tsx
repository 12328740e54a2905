// Guards show a page, redirect to sign-in, or report that the session is not known.
import { Navigate, Outlet, useLocation, useSearchParams } from 'react-router'

import { ErrorState } from '@/components/error-state'
import { FullPage } from '@/components/full-page'
import { Spinner } from '@/components/spinner'
import { useWhenOnline } from '@/lib/online'
import { afterSignIn, signInPath, verifyEmailPath } from '@/lib/session/return-path'
import { startSession } from '@/lib/session/session'
import { useSession, type Session } from '@/lib/session/store'

/** Shows pages to guests only. */
export function RequireGuest() {
  const session = useSession()
  const [search] = useSearchParams()
  if (session.status === 'signed-in') return <Navigate to={afterSignIn(search)} replace />
  return isUndecided(session) ? <Undecided session={session} /> : <Outlet />
}

/** Shows pages to signed-in users. */
export function RequireUser() {
  const session = useSession()
  const location = useLocation()
  if (isUndecided(session)) return <Undecided session={session} />
  return session.status === 'signed-in' ? <Outlet /> : <Navigate to={signInPath(location)} replace />
}

/** Shows pages to users with a confirmed email; the API refuses all others. */
export function RequireVerifiedUser() {
  const session = useSession()
  const location = useLocation()
  if (isUndecided(session)) return <Undecided session={session} />
  if (session.status === 'signed-out') return <Navigate to={signInPath(location)} replace />
  return session.user.emailVerified ? <Outlet /> : <Navigate to={verifyEmailPath(location)} replace />
}

type UndecidedSession = Extract<Session, { status: 'loading' | 'unavailable' }>

function isUndecided(session: Session): session is UndecidedSession {
  return session.status === 'loading' || session.status === 'unavailable'
}

function Undecided({ session }: { session: UndecidedSession }) {
  if (session.status === 'loading') {
    return (
      <FullPage>
        <Spinner label="Checking your session" />
      </FullPage>
    )
  }
  return <Unavailable />
}

function Unavailable() {
  useWhenOnline(retry)
  return (
    <FullPage>
      <ErrorState
        level={1}
        title="Sign-in is unavailable"
        message="Could not reach the sign-in service. Check your connection and try again."
        onRetry={retry}
      />
    </FullPage>
  )
}

const retry = () => void startSession()
