import { DownloadButton } from '@/components/download-button'
import { tenantPath } from '@/lib/api/queries'
import type { Usage } from '@/lib/api/types'

import { spanOf, type ChartView } from './chart-request'

type CsvButtonProps = { usage: Usage; isCurrent: boolean; view: ChartView }

export function CsvButton({ usage, isCurrent, view: { granularity, group } }: CsvButtonProps) {
  const { from, to, tz } = spanOf(usage, isCurrent, granularity)
  const group_by = group === 'none' ? undefined : group
  return (
    <DownloadButton
      path={`${tenantPath(usage.tenant.id)}/usage/series`}
      query={{ from, to, tz, granularity, group_by, bom: 'true' }}
    />
  )
}
