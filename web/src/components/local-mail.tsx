// Where to read mail on the local stack, which sends none to the internet. Nothing anywhere else.
import { useQuery } from '@tanstack/react-query'

import { isOnEmulators } from '@/lib/firebase'

import { TEXT_LINK } from './text-link'

export function LocalMail() {
  const { data: isLocal } = useQuery({
    queryKey: ['is-on-emulators'],
    queryFn: isOnEmulators,
    staleTime: Infinity,
  })
  if (!isLocal) return null
  return (
    <p className="text-xs text-ink-soft">
      Local stack: read the mail at {/* Not a page of this app, so not a router link. */}
      <a href="/_mail" target="_blank" className={TEXT_LINK}>
        /_mail
      </a>
    </p>
  )
}
