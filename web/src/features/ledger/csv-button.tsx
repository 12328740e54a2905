import { DownloadButton } from '@/components/download-button'
import { tenantPath } from '@/lib/api/queries'
import type { Usage } from '@/lib/api/types'

import { spanOf, type ChartView } from './chart-request'

type CsvButtonProps = { usage: Usage; isCurrent: boolean; view: ChartView }

export function CsvButton({ usage, isCurrent, view }: CsvButtonProps) {
  const { from, to, tz, granularity } = spanOf(usage, isCurrent, view)
  const group_by = view.group === 'none' ? undefined : view.group
  return (
    <DownloadButton
      path={`${tenantPath(usage.tenant.id)}/usage/series`}
      query={{ from, to, tz, granularity, group_by, bom: 'true' }}
    />
  )
}
