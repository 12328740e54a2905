// What an operator added to the limits of the plan, and until when.
import { useQuery } from '@tanstack/react-query'

import { Instant } from '@/components/instant'
import { plansQuery } from '@/lib/api/queries'
import type { Grant } from '@/lib/api/types'

import { limitText } from '@/lib/limit-text'

export function GrantNotes({ grants }: { grants: readonly Grant[] }) {
  if (grants.length === 0) return null
  return (
    <ul aria-label="Added to your plan" className="grid gap-1 text-xs text-ink-soft">
      {grants.map((grant) => (
        <li key={grant.id}>
          Includes <Gift grant={grant} />
          {grant.until !== null && (
            <>
              {' '}
              until <Instant at={grant.until} />
            </>
          )}
          .
        </li>
      ))}
    </ul>
  )
}

function Gift({ grant: { plan, tokens, runs } }: { grant: Grant }) {
  const plans = useQuery({ ...plansQuery(), enabled: plan !== null })
  if (plan !== null) return <>the limits of {plans.data?.find(({ id }) => id === plan)?.name ?? plan}</>
  if (tokens !== null) return <>{limitText(tokens)} more tokens per period</>
  return <>{limitText(runs ?? 0)} more runs per period</>
}
