// Says which runs were refused today, and where the limit that refused them is raised.
import { useQuery } from '@tanstack/react-query'

import { Button, LinkButton } from '@/components/button'
import { RelativeTime } from '@/components/instant'
import { Notice } from '@/components/notice'
import { refusalsQuery } from '@/lib/api/queries'
import type { RefusedRuns } from '@/lib/api/types'
import { formatInteger } from '@/lib/format'
import { mayManage, type TenantContext } from '@/lib/tenant'

/** Refusals change no usage, which the page listens to. */
const ASK_EVERY_MS = 60_000
const SHOWN = 3

export function RefusedRunsNotice({ tenant }: { tenant: TenantContext }) {
  const query = useQuery({ ...refusalsQuery(tenant.id), refetchInterval: ASK_EVERY_MS })
  if (!query.data) return query.error && <NotLoaded retry={() => void query.refetch()} />
  const { refused } = query.data
  if (refused.length === 0) return null
  const shown = refused.slice(0, SHOWN)
  const rest = refused.length - shown.length
  return (
    <Notice tone="warn" title={titleOf(refused)} action={<Raise tenant={tenant} refused={refused} />}>
      <ul className="mt-1 grid gap-1">
        {shown.map((each) => (
          <li key={`${each.code} ${each.scope}`}>
            {each.reason}{' '}
            <span className="text-ink-faint">
              {formatInteger(each.count)} refused, last <RelativeTime at={each.last_at} />.
            </span>
          </li>
        ))}
        {rest > 0 && <li>{formatInteger(rest)} more limits refused runs.</li>}
      </ul>
      {!mayManage(tenant.role) && <p className="mt-1">Ask an owner or admin of {tenant.name} to raise it.</p>}
    </Notice>
  )
}

function titleOf(refused: readonly RefusedRuns[]): string {
  const count = refused.reduce((sum, each) => sum + each.count, 0)
  return count === 1
    ? '1 request for a run was refused today'
    : `${formatInteger(count)} requests for runs were refused today`
}

type RaiseProps = { tenant: TenantContext; refused: readonly RefusedRuns[] }

function Raise({ tenant, refused }: RaiseProps) {
  if (!mayManage(tenant.role)) return null
  const home = `/t/${encodeURIComponent(tenant.id)}`
  return (
    <>
      {refused.some(({ scope }) => scope.startsWith('budget:')) && (
        <LinkButton to={`${home}/settings/budgets`}>See budgets</LinkButton>
      )}
      {refused.some(({ scope }) => scope === 'plan') && (
        <LinkButton to={`${home}/upgrade`}>See plans</LinkButton>
      )}
    </>
  )
}

function NotLoaded({ retry }: { retry: () => void }) {
  return (
    <Notice
      tone="warn"
      title="Could not load which runs were refused"
      action={<Button onClick={retry}>Try again</Button>}
    />
  )
}
