import { ChevronDown } from 'lucide-react'

import { buttonLook } from '@/components/button'
import { Menu } from '@/components/menu'
import { Spinner } from '@/components/spinner'
import { useDownload } from '@/components/use-download'
import { tenantPath } from '@/lib/api/queries'
import type { Statement } from '@/lib/api/types'

const FILES = [
  { format: 'csv', label: 'Events as CSV' },
  { format: 'jsonl', label: 'Events as JSON lines' },
  { format: 'focus', label: 'Charges in FOCUS' },
]

/** Saves what the month consists of. */
export function ExportMenu({ statement: { tenant_id, from, to } }: { statement: Statement }) {
  const file = useDownload()
  const path = `${tenantPath(tenant_id)}/export`
  return (
    <Menu
      label="Export"
      entries={FILES.map(({ format, label }) => ({
        kind: 'action',
        label,
        onSelect: () => file.mutate({ path, query: { format, from, to } }),
      }))}
      className={buttonLook({ size: 'sm' })}
    >
      Export
      {file.isPending ? <Spinner /> : <ChevronDown aria-hidden className="size-4" />}
    </Menu>
  )
}
