import { useMutation } from '@tanstack/react-query'
import { Download } from 'lucide-react'

import { Button } from '@/components/button'
import { useToast } from '@/components/toast'
import { download } from '@/lib/api/client'
import { tenantPath } from '@/lib/api/queries'
import type { Usage } from '@/lib/api/types'
import { saveFile } from '@/lib/save-file'

import { spanOf, type ChartView } from './chart-request'

type CsvButtonProps = { usage: Usage; isCurrent: boolean; view: ChartView }

export function CsvButton({ usage, isCurrent, view }: CsvButtonProps) {
  const toast = useToast()
  const { from, to, tz, granularity } = spanOf(usage, isCurrent, view)
  const file = useMutation({
    mutationFn: () =>
      download(`${tenantPath(usage.tenant.id)}/usage/series`, {
        query: {
          ...{ from, to, tz, granularity },
          group_by: view.group === 'none' ? undefined : view.group,
          ...{ format: 'csv', bom: 'true' },
        },
      }),
    onSuccess: saveFile,
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
