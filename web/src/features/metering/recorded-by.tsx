import { useQuery } from '@tanstack/react-query'

import { apiKeysQuery } from '@/lib/api/queries'
import { mayManage, useTenant } from '@/lib/tenant'

/** The API key of an event: by its label for who may see the keys, else by its id. */
export function RecordedBy({ keyId }: { keyId: string }) {
  const { id, role } = useTenant()
  const keys = useQuery({ ...apiKeysQuery(id), enabled: mayManage(role) })
  const key = keys.data?.find((each) => each.id === keyId)
  if (!key) return <code className="font-mono text-xs">{keyId}</code>
  return (
    <>
      {key.label} <code className="font-mono text-xs text-ink-faint">{key.prefix}…</code>
    </>
  )
}
