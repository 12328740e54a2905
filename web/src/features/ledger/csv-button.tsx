import { useMutation } from '@tanstack/react-query'
import { Download } from 'lucide-react'

import { Button } from '@/components/button'
import { useToast } from '@/components/toast'
import { download } from '@/lib/api/client'
import { tenantPath } from '@/lib/api/queries'
import type { Usage } from '@/lib/api/types'

import { spanOf, type ChartView } from './chart-request'

type CsvButtonProps = { usage: Usage; isCurrent: boolean; view: ChartView }

export function CsvButton({ usage, isCurrent, view: { granularity, group } }: CsvButtonProps) {
  const toast = useToast()
  const { from, to, tz } = spanOf(usage, isCurrent, granularity)
  const file = useMutation({
    mutationFn: () =>
      download(`${tenantPath(usage.tenant.id)}/usage/series`, {
        query: {
          ...{ from, to, tz, granularity },
          group_by: group === 'none' ? undefined : group,
          format: 'csv',
        },
      }),
    onSuccess: (csv) => save(csv, `usage-${usage.tenant.id}-${from.slice(0, 10)}-by-${granularity}.csv`),
    onError: (error) => toast({ tone: 'danger', title: 'Download failed', body: error.message }),
  })
  return (
    <Button
      size="sm"
      icon={Download}
      loading={file.isPending}
      onClick={() => file.mutate()}
      aria-label="Download as CSV"
    >
      CSV
    </Button>
  )
}

function save(content: Blob, name: string) {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
